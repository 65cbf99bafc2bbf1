//! Works through a graph of jobs: what does not depend on each other runs at the same time.
//!
//! Knows nothing of containers. A job starts when all that it depends on has succeeded; when one fails, all that depends
//! on it is skipped, and the rest goes on. Some jobs start in any case when what comes before them is over, and are told
//! what of that did not succeed.
//!
//! Every job that was begun is heard of: one that panics has failed.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::mpsc;

use petgraph::Direction;
use petgraph::graph::{DiGraph, NodeIndex};

/// A job panicked: a defect of this program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Panicked {
    /// What it panicked with.
    pub message: String,
}

impl Panicked {
    fn from_payload(payload: &(dyn Any + Send)) -> Self {
        let text = payload.downcast_ref::<&str>().copied();
        let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        Self { message: text.unwrap_or("no message").to_owned() }
    }
}

/// Does `work`; a panic in it ends it as an error.
///
/// # Errors
///
/// Those of `work`, and [`Panicked`].
pub fn guarded<E: From<Panicked>>(work: impl FnOnce() -> Result<(), E>) -> Result<(), E> {
    // What a job shares with others is behind locks whose poison nobody minds, or on the host.
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload| Err(Panicked::from_payload(&*payload).into()))
}

/// How a job ended.
#[derive(Debug)]
pub enum Outcome<E> {
    /// It did what it was for.
    Done,
    /// It failed.
    Failed(E),
    /// Something that it depends on did not succeed, or the run was stopped before it.
    Skipped,
}

/// Runs `work` on every node of the acyclic `graph`, an edge `a → b` meaning that `a` comes first, on at most `workers`
/// threads. Nodes that run `regardless` of what before them failed or was skipped are told which those are; to others that
/// list is empty. `stop` is asked before each start; once it says yes nothing more is started. Gives the outcome of each
/// node, in the order of the nodes.
pub fn run<N, E, W, R, S>(
    graph: &DiGraph<N, ()>,
    workers: usize,
    regardless: R,
    stop: S,
    work: W,
) -> Vec<Outcome<E>>
where
    N: Sync,
    E: Send + From<Panicked>,
    W: Fn(&N, &[&N]) -> Result<(), E> + Sync,
    R: Fn(&N) -> bool,
    S: Fn() -> bool,
{
    let mut outcomes: Vec<Option<Outcome<E>>> = graph.node_indices().map(|_| None).collect();
    let before = |node| graph.neighbors_directed(node, Direction::Incoming);
    let mut waiting: Vec<usize> = graph.node_indices().map(|node| before(node).count()).collect();
    let mut ready: Vec<NodeIndex> = graph.node_indices().filter(|node| waiting[node.index()] == 0).collect();
    ready.reverse();

    let (to_workers, jobs) = mpsc::channel::<(NodeIndex, Vec<&N>)>();
    let jobs = Mutex::new(jobs);
    std::thread::scope(|scope| {
        let (report, reports) = mpsc::channel();
        for _ in 0..workers.clamp(1, graph.node_count().max(1)) {
            let (jobs, report, work) = (&jobs, report.clone(), &work);
            scope.spawn(move || {
                loop {
                    let job = jobs.lock().map(|jobs| jobs.recv());
                    let Ok(Ok((node, missing))) = job else { break };
                    let result = guarded(|| work(&graph[node], &missing));
                    if report.send((node, result)).is_err() {
                        break;
                    }
                }
            });
        }
        drop(report);

        let mut running = 0;
        loop {
            while let Some(node) = ready.pop() {
                if stop() {
                    ready.clear();
                    break;
                }
                let succeeded = |node: &NodeIndex| matches!(outcomes[node.index()], Some(Outcome::Done));
                let missing = before(node).filter(|node| !succeeded(node)).map(|node| &graph[node]).collect();
                if to_workers.send((node, missing)).is_ok() {
                    running += 1;
                }
            }
            if running == 0 {
                break;
            }
            let Ok((node, result)) = reports.recv() else { break };
            running -= 1;
            outcomes[node.index()] = Some(match result {
                Ok(()) => Outcome::Done,
                Err(error) => Outcome::Failed(error),
            });
            // What is skipped is over as well, for those behind it.
            let mut over = vec![node];
            while let Some(node) = over.pop() {
                for next in graph.neighbors_directed(node, Direction::Outgoing) {
                    waiting[next.index()] -= 1;
                    if waiting[next.index()] > 0 {
                        continue;
                    }
                    let succeeded = |node: NodeIndex| matches!(outcomes[node.index()], Some(Outcome::Done));
                    if regardless(&graph[next]) || before(next).all(succeeded) {
                        ready.push(next);
                    } else {
                        outcomes[next.index()] = Some(Outcome::Skipped);
                        over.push(next);
                    }
                }
            }
        }
        // Ends the workers, which wait for jobs.
        drop(to_workers);
    });
    // What nothing was heard of was not begun before the run was stopped.
    outcomes.into_iter().map(|outcome| outcome.unwrap_or(Outcome::Skipped)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[derive(Debug)]
    #[allow(dead_code, reason = "compared as it is printed")]
    struct Failure(String);

    impl From<Panicked> for Failure {
        fn from(panicked: Panicked) -> Self {
            Self(panicked.message)
        }
    }

    #[test]
    fn a_job_that_panics_has_failed_and_nobody_waits_for_it() {
        // As many that panic as there are workers: each worker has to go on after one.
        let graph = graph(&["bad", "worse", "after-bad", "good", "in-any-case"], &[(0, 2), (0, 4), (1, 4), (3, 4)]);
        let outcomes = run(
            &graph,
            2,
            |name| *name == "in-any-case",
            || false,
            |name: &&str, _| match *name {
                "bad" => panic!("lost"),
                "worse" => panic!("lost {name}"),
                _ => Ok::<(), Failure>(()),
            },
        );
        let shown: Vec<_> = outcomes.iter().map(|outcome| format!("{outcome:?}")).collect();
        let failed = |what: &str| format!("Failed(Failure({what:?}))");
        assert_eq!(shown, [failed("lost"), failed("lost worse"), "Skipped".into(), "Done".into(), "Done".into()]);
    }

    fn graph(nodes: &[&'static str], edges: &[(u32, u32)]) -> DiGraph<&'static str, ()> {
        let mut graph = DiGraph::new();
        for node in nodes {
            graph.add_node(*node);
        }
        graph.extend_with_edges(edges);
        graph
    }

    #[test]
    fn what_depends_on_a_failure_is_skipped_and_the_rest_goes_on() {
        let graph = graph(
            &["a", "bad", "after-bad", "after-a", "after-both", "in-any-case"],
            &[(1, 2), (0, 3), (2, 4), (3, 4), (1, 5), (3, 5), (4, 5)],
        );
        let order = Mutex::new(Vec::new());
        let told = Mutex::new(Vec::new());
        let outcomes = run(
            &graph,
            4,
            |name| *name == "in-any-case",
            || false,
            |name: &&str, missing| {
                order.lock().expect("no test thread panics").push(*name);
                told.lock()
                    .expect("no test thread panics")
                    .extend(missing.iter().map(|missing| (*name, **missing)));
                if *name == "bad" { Err(Failure("no".to_owned())) } else { Ok(()) }
            },
        );
        let shown: Vec<_> = outcomes.iter().map(|outcome| format!("{outcome:?}")).collect();
        assert_eq!(shown, ["Done", "Failed(Failure(\"no\"))", "Skipped", "Done", "Skipped", "Done"]);
        let mut told = told.into_inner().expect("no test thread panics");
        told.sort_unstable();
        assert_eq!(told, [("in-any-case", "after-both"), ("in-any-case", "bad")]);
        let order = order.into_inner().expect("no test thread panics");
        let place = |name| order.iter().position(|other| *other == name);
        assert!(place("a") < place("after-a"));
    }

    #[test]
    fn independent_jobs_run_at_the_same_time() {
        let graph = graph(&["a", "b"], &[]);
        let meeting = std::sync::Barrier::new(2);
        let outcomes = run(
            &graph,
            2,
            |_| false,
            || false,
            |_, _| {
                // Returns only if both are in it at once.
                meeting.wait();
                Ok::<(), Failure>(())
            },
        );
        assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Done)));
    }

    #[test]
    fn a_stopped_run_starts_nothing_more() {
        let graph = graph(&["a", "b", "c"], &[(0, 1), (1, 2)]);
        let started = AtomicUsize::new(0);
        let outcomes = run(
            &graph,
            2,
            |_| true,
            || started.load(Ordering::SeqCst) == 2,
            |_, _| {
                started.fetch_add(1, Ordering::SeqCst);
                Ok::<(), Failure>(())
            },
        );
        assert!(matches!(outcomes.as_slice(), [Outcome::Done, Outcome::Done, Outcome::Skipped]));
    }
}
