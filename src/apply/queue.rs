//! Runs a graph of jobs, independent ones at the same time.
//!
//! It knows nothing about containers. A job starts when everything it needs has succeeded; when a job fails, those that
//! need it are skipped and the rest go on. Some edges only order jobs: the later one runs however the earlier one
//! ended, and is told which of its predecessors did not succeed.
//!
//! A job that panics counts as failed.

use std::any::Any;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::mpsc;

use petgraph::Direction;
use petgraph::graph::{DiGraph, NodeIndex};

/// A job panicked, which is a bug in this program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Panicked {
    /// The panic's message.
    pub message: String,
}

impl Panicked {
    fn from_payload(payload: &(dyn Any + Send)) -> Self {
        let text = payload.downcast_ref::<&str>().copied();
        let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        Self { message: text.unwrap_or("no message").to_owned() }
    }
}

/// Runs `work`, turning a panic into an error.
///
/// # Errors
///
/// Those of `work`, and [`Panicked`].
pub(crate) fn guarded<E: From<Panicked>>(work: impl FnOnce() -> Result<(), E>) -> Result<(), E> {
    // Whatever jobs share is on the host, or behind a lock whose poisoning is ignored.
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload| Err(Panicked::from_payload(&*payload).into()))
}

/// How a job ended.
#[derive(Debug)]
pub(crate) enum Outcome<E> {
    /// It succeeded.
    Done,
    /// It failed.
    Failed(E),
    /// A job that it needs did not succeed, or the run was stopped first.
    Skipped,
}

/// The priority of a job that could begin now, and what it occupies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rank {
    /// Begins before others.
    First,
    /// Keeps a processor or the disk busy.
    Work,
    /// Mostly waits for another process.
    Wait,
}

/// How to run the jobs of a graph.
pub(crate) struct Jobs<'a, N> {
    /// How many jobs may run at the same time.
    pub at_once: usize,
    /// How many of them may have rank [`Rank::Work`].
    pub workers: usize,
    /// Whether the first job must have succeeded for the second to begin. Otherwise it must only have ended.
    pub needs: &'a (dyn Fn(&N, &N) -> bool + Sync),
    /// The rank of a job.
    pub rank: &'a (dyn Fn(&N) -> Rank + Sync),
    /// Asked about each job that is ready. Once it returns true, that job is not started.
    pub stop: &'a (dyn Fn(&N) -> bool + Sync),
    /// Called with `true` for each job that becomes ready, and with `false` for each of those that will not run after
    /// all.
    pub ready: &'a (dyn Fn(&N, bool) + Sync),
}

/// Runs `work` on every node of the acyclic `graph`, where an edge `a → b` means that `a` comes first. `work` also gets
/// those predecessors of its node that did not succeed. Returns the outcome of each node, in the order of the nodes.
///
/// Each running job has a thread of its own: one that only waits costs nothing but its stack.
pub(crate) fn run<N, E, W>(graph: &DiGraph<N, ()>, jobs: &Jobs<'_, N>, work: W) -> Vec<Outcome<E>>
where
    N: Sync,
    E: Send + From<Panicked>,
    W: Fn(&N, &[&N]) -> Result<(), E> + Sync,
{
    let mut outcomes: Vec<Option<Outcome<E>>> = graph.node_indices().map(|_| None).collect();
    let before = |node| graph.neighbors_directed(node, Direction::Incoming);
    let mut waiting: Vec<usize> = graph.node_indices().map(|node| before(node).count()).collect();
    let mut ready: BTreeSet<(Rank, NodeIndex)> = BTreeSet::new();
    let make_ready = |ready: &mut BTreeSet<(Rank, NodeIndex)>, node: NodeIndex| {
        (jobs.ready)(&graph[node], true);
        ready.insert(((jobs.rank)(&graph[node]), node));
    };
    for node in graph.node_indices().filter(|node| waiting[node.index()] == 0) {
        make_ready(&mut ready, node);
    }

    let (to_threads, taken) = mpsc::channel::<(NodeIndex, Vec<&N>)>();
    let taken = Mutex::new(taken);
    std::thread::scope(|scope| {
        let (report, reports) = mpsc::channel();
        let (mut threads, mut running, mut working) = (0, 0, 0);
        loop {
            while running < jobs.at_once.max(1) {
                ready.retain(|(_, node)| {
                    let stops = (jobs.stop)(&graph[*node]);
                    if stops {
                        (jobs.ready)(&graph[*node], false);
                    }
                    !stops
                });
                let is_free = |(rank, _): &&(Rank, NodeIndex)| *rank != Rank::Work || working < jobs.workers.max(1);
                let Some(&(rank, node)) = ready.iter().find(is_free) else { break };
                ready.remove(&(rank, node));
                let succeeded = |node: &NodeIndex| matches!(outcomes[node.index()], Some(Outcome::Done));
                let missing = before(node).filter(|node| !succeeded(node)).map(|node| &graph[node]).collect();
                if running >= threads {
                    let (taken, to_us, work) = (&taken, report.clone(), &work);
                    let thread = move || {
                        loop {
                            let job = taken.lock().map(|taken| taken.recv());
                            let Ok(Ok((node, missing))) = job else { break };
                            let result = guarded(|| work(&graph[node], &missing));
                            if to_us.send((node, result)).is_err() {
                                break;
                            }
                        }
                    };
                    match std::thread::Builder::new().spawn_scoped(scope, thread) {
                        Ok(_) => threads += 1,
                        // The existing threads get to it later.
                        Err(_) if threads > 0 => {}
                        Err(error) => {
                            let message = format!("cannot create a thread: {error}");
                            _ = report.send((node, Err(Panicked { message }.into())));
                            running += 1;
                            working += usize::from(rank == Rank::Work);
                            continue;
                        }
                    }
                }
                if to_threads.send((node, missing)).is_ok() {
                    running += 1;
                    working += usize::from(rank == Rank::Work);
                }
            }
            if running == 0 {
                break;
            }
            let Ok((node, result)) = reports.recv() else { break };
            running -= 1;
            working -= usize::from((jobs.rank)(&graph[node]) == Rank::Work);
            outcomes[node.index()] = Some(match result {
                Ok(()) => Outcome::Done,
                Err(error) => Outcome::Failed(error),
            });
            // A skipped job has ended, too, for those that come after it.
            let mut over = vec![node];
            while let Some(node) = over.pop() {
                for next in graph.neighbors_directed(node, Direction::Outgoing) {
                    waiting[next.index()] -= 1;
                    if waiting[next.index()] > 0 {
                        continue;
                    }
                    let is_well = |node: NodeIndex| {
                        matches!(outcomes[node.index()], Some(Outcome::Done))
                            || !(jobs.needs)(&graph[node], &graph[next])
                    };
                    if before(next).all(is_well) {
                        make_ready(&mut ready, next);
                    } else {
                        outcomes[next.index()] = Some(Outcome::Skipped);
                        over.push(next);
                    }
                }
            }
        }
        // Closing the channel ends the threads, which wait for jobs.
        drop(to_threads);
    });
    // Jobs without an outcome were not begun before the run was stopped.
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

    fn jobs<'a>(
        at_once: usize,
        needs: &'a (dyn Fn(&&'static str, &&'static str) -> bool + Sync),
        stop: &'a (dyn Fn(&&'static str) -> bool + Sync),
    ) -> Jobs<'a, &'static str> {
        Jobs { at_once, workers: 1, needs, rank: &|_| Rank::Wait, stop, ready: &|_, _| () }
    }

    #[test]
    fn a_job_that_panics_counts_as_failed() {
        // As many panics as there are workers: each worker must survive one.
        let graph = graph(&["bad", "worse", "after-bad", "good", "in-any-case"], &[(0, 2), (0, 4), (1, 4), (3, 4)]);
        let outcomes =
            run(&graph, &jobs(2, &|_, name| *name != "in-any-case", &|_| false), |name: &&str, _| match *name {
                "bad" => panic!("lost"),
                "worse" => panic!("lost {name}"),
                _ => Ok::<(), Failure>(()),
            });
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
    fn jobs_that_need_a_failed_one_are_skipped_and_the_rest_go_on() {
        let graph = graph(
            &["a", "bad", "after-bad", "after-a", "after-both", "in-any-case"],
            &[(1, 2), (0, 3), (2, 4), (3, 4), (1, 5), (3, 5), (4, 5)],
        );
        let order = Mutex::new(Vec::new());
        let told = Mutex::new(Vec::new());
        let outcomes =
            run(&graph, &jobs(4, &|_, name| *name != "in-any-case", &|_| false), |name: &&str, missing| {
                order.lock().expect("no test thread panics").push(*name);
                told.lock()
                    .expect("no test thread panics")
                    .extend(missing.iter().map(|missing| (*name, **missing)));
                if *name == "bad" { Err(Failure("no".to_owned())) } else { Ok(()) }
            });
        let shown: Vec<_> = outcomes.iter().map(|outcome| format!("{outcome:?}")).collect();
        assert_eq!(shown, ["Done", "Failed(Failure(\"no\"))", "Skipped", "Done", "Skipped", "Done"]);
        let mut told = told.into_inner().expect("no test thread panics");
        told.sort_unstable();
        assert_eq!(told, [("in-any-case", "after-both"), ("in-any-case", "bad")]);
        let order = order.into_inner().expect("no test thread panics");
        let index = |name| order.iter().position(|other| *other == name);
        assert!(index("a") < index("after-a"));
    }

    #[test]
    fn independent_jobs_run_at_the_same_time() {
        let graph = graph(&["a", "b"], &[]);
        let meeting = std::sync::Barrier::new(2);
        let outcomes = run(&graph, &jobs(2, &|_, _| true, &|_| false), |_, _| {
            // Returns only if both jobs run at once.
            meeting.wait();
            Ok::<(), Failure>(())
        });
        assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Done)));
    }

    #[test]
    fn the_number_of_workers_bounds_work_but_not_waiting() {
        let nodes: Vec<&'static str> = ["wait"; 40].into_iter().chain(["work"; 10]).collect();
        let meeting = std::sync::Barrier::new(40);
        let (working, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let rank = |name: &&'static str| if *name == "wait" { Rank::Wait } else { Rank::Work };
        let jobs = Jobs { workers: 2, rank: &rank, ..jobs(50, &|_, _| true, &|_| false) };
        let outcomes = run(&graph(&nodes, &[]), &jobs, |name: &&str, _| {
            if *name == "wait" {
                // Returns only if all are in it at once.
                meeting.wait();
            } else {
                most.fetch_max(working.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                std::thread::yield_now();
                working.fetch_sub(1, Ordering::SeqCst);
            }
            Ok::<(), Failure>(())
        });
        assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Done)));
        assert!(most.into_inner() <= 2);
    }

    #[test]
    fn ready_is_called_again_for_jobs_that_will_not_run() {
        let expected = Mutex::new(Vec::new());
        let ready = |name: &&'static str, will_run: bool| {
            expected.lock().expect("no test thread panics").push((*name, will_run));
        };
        let stopped = AtomicUsize::new(0);
        let stop = |_: &&str| stopped.load(Ordering::SeqCst) == 1;
        let jobs = Jobs { ready: &ready, ..jobs(1, &|_, _| true, &stop) };
        let outcomes = run(&graph(&["a", "b"], &[]), &jobs, |_, _| {
            stopped.store(1, Ordering::SeqCst);
            Ok::<(), Failure>(())
        });
        assert!(matches!(outcomes.as_slice(), [Outcome::Done, Outcome::Skipped]));
        let expected = expected.into_inner().expect("no test thread panics");
        assert_eq!(expected, [("a", true), ("b", true), ("b", false)]);
    }

    #[test]
    fn a_stopped_run_starts_nothing_more() {
        let graph = graph(&["a", "b", "c"], &[(0, 1), (1, 2)]);
        let started = AtomicUsize::new(0);
        let outcomes = run(&graph, &jobs(2, &|_, _| false, &|_| started.load(Ordering::SeqCst) == 2), |_, _| {
            started.fetch_add(1, Ordering::SeqCst);
            Ok::<(), Failure>(())
        });
        assert!(matches!(outcomes.as_slice(), [Outcome::Done, Outcome::Done, Outcome::Skipped]));
    }
}
