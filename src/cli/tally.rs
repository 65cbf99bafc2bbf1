//! What became of each step of a run, and how long it took.
//!
//! Takes: events, and when they came. Gives: what happens to each container at the moment, and the summary at the end. Pure.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use super::board::{State, seconds};
use crate::model::ContainerName;
use crate::plan::{Action, Order};

/// How many containers a summary for people lists: those that something is wrong with, and the slowest.
const LISTED: usize = 20;

/// What has become of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    NotBegun,
    Ongoing(Instant),
    Done(Duration),
    Failed(Duration),
    /// systemd goes on with it.
    StoppedWaiting(Duration),
}

/// How a container was brought back to its former state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Back {
    Ongoing,
    Done,
    Failed,
}

#[derive(Debug, Default)]
struct Container {
    /// The indices of its steps, in the plan's order.
    steps: Vec<usize>,
    back: Option<Back>,
    begun: Option<Instant>,
    ended: Option<Instant>,
}

/// The steps of a run.
#[derive(Debug)]
pub(super) struct Tally {
    begun: Instant,
    steps: Vec<(Action, Step)>,
    index: BTreeMap<Action, usize>,
    /// What each step waits for.
    before: Vec<Vec<usize>>,
    containers: BTreeMap<ContainerName, Container>,
}

impl Tally {
    /// None of the steps has begun yet.
    pub(super) fn new(order: &Order, now: Instant) -> Self {
        let nodes: Vec<(usize, &Action)> = order.nodes().collect();
        let ids: BTreeMap<usize, usize> = nodes.iter().enumerate().map(|(index, (id, _))| (*id, index)).collect();
        let mut before = vec![Vec::new(); nodes.len()];
        for (first, second) in order.edges() {
            if let (Some(first), Some(second)) = (ids.get(&first), ids.get(&second)) {
                before[*second].push(*first);
            }
        }
        let mut containers: BTreeMap<ContainerName, Container> = BTreeMap::new();
        for (index, (_, action)) in nodes.iter().enumerate() {
            if let Some(name) = action.container() {
                containers.entry(name.clone()).or_default().steps.push(index);
            }
        }
        let index = nodes.iter().enumerate().map(|(index, (_, action))| ((*action).clone(), index)).collect();
        let steps = nodes.into_iter().map(|(_, action)| (action.clone(), Step::NotBegun)).collect();
        Self { begun: now, steps, index, before, containers }
    }

    fn step(&mut self, action: &Action) -> Option<&mut Step> {
        self.index.get(action).map(|&index| &mut self.steps[index].1)
    }

    /// A step begins.
    pub(super) fn begin(&mut self, action: &Action, now: Instant) {
        if let Some(step) = self.step(action) {
            *step = Step::Ongoing(now);
        }
        if let Some(container) = action.container().and_then(|name| self.containers.get_mut(name)) {
            container.begun.get_or_insert(now);
        }
    }

    /// A step has succeeded. Returns what it took.
    pub(super) fn done(&mut self, action: &Action, now: Instant) -> Duration {
        self.end(action, now, Step::Done)
    }

    /// A step has failed, or it `stopped_waiting`. Returns what it took.
    pub(super) fn failed(&mut self, action: &Action, stopped_waiting: bool, now: Instant) -> Duration {
        self.end(action, now, if stopped_waiting { Step::StoppedWaiting } else { Step::Failed })
    }

    fn end(&mut self, action: &Action, now: Instant, how: fn(Duration) -> Step) -> Duration {
        let Some(step) = self.step(action) else { return Duration::ZERO };
        let took = match *step {
            Step::Ongoing(begun) => now.saturating_duration_since(begun),
            _ => Duration::ZERO,
        };
        *step = how(took);
        if let Some(container) = action.container().and_then(|name| self.containers.get_mut(name)) {
            container.ended = Some(now);
        }
        took
    }

    /// A container is being brought back.
    pub(super) fn restore(&mut self, name: &ContainerName) {
        if let Some(container) = self.containers.get_mut(name) {
            container.back = Some(Back::Ongoing);
        }
    }

    /// A container was brought back, or could not be.
    pub(super) fn restored(&mut self, name: &ContainerName, is_back: bool, now: Instant) {
        if let Some(container) = self.containers.get_mut(name) {
            container.back = Some(if is_back { Back::Done } else { Back::Failed });
            container.ended = Some(now);
        }
    }

    /// How far the run is.
    pub(super) fn progress(&self) -> String {
        let ended =
            self.steps.iter().filter(|(_, step)| !matches!(step, Step::NotBegun | Step::Ongoing(_))).count();
        format!("{ended} of {} steps", self.steps.len())
    }

    /// What happens to a container at the moment.
    pub(super) fn state_of(&self, name: &ContainerName) -> Option<State> {
        self.containers.get(name).map(|container| self.state(name, container))
    }

    /// What happens to each container at the moment.
    pub(super) fn states(&self) -> Vec<(&ContainerName, State)> {
        self.containers.iter().map(|(name, container)| (name, self.state(name, container))).collect()
    }

    fn state(&self, name: &ContainerName, container: &Container) -> State {
        match container.back {
            Some(Back::Ongoing) => return State::Ongoing(String::from("going back to its former state")),
            Some(Back::Done) => return State::Failed(String::from("back in its former state")),
            Some(Back::Failed) => return State::Failed(String::from("cannot go back to its former state")),
            None => {}
        }
        let steps = || container.steps.iter().map(|&index| (index, &self.steps[index].0, self.steps[index].1));
        for (_, action, step) in steps() {
            match step {
                Step::Failed(_) => return State::Failed(format!("{} failed", action.as_str())),
                Step::StoppedWaiting(_) => return State::Failed(String::from("no longer waited for")),
                _ => {}
            }
        }
        // Several may be at work at once; the longest is the one to name.
        let ongoing = steps().filter(|(_, _, step)| matches!(step, Step::Ongoing(_))).map(|(_, action, _)| action);
        if let Some(action) = ongoing.max_by_key(|action| is_long(action)) {
            return State::Ongoing(doing(action).to_owned());
        }
        let is_over = |index: &usize| !matches!(self.steps[*index].1, Step::NotBegun | Step::Ongoing(_));
        let next = steps().find(|(index, _, step)| {
            let of_others = |before: &&usize| self.steps[**before].0.container() != Some(name);
            *step == Step::NotBegun && self.before[*index].iter().filter(|it| !of_others(it)).all(is_over)
        });
        let Some((index, _, _)) = next else {
            return State::Ended(self.result(container));
        };
        let awaited: Vec<_> = self.before[index].iter().filter(|before| !is_over(before)).collect();
        let words = |&&before: &&usize| {
            let action = &self.steps[before].0;
            match action.container() {
                Some(name) => format!("{name}: {}", action.as_str()),
                None => action.as_str().to_owned(),
            }
        };
        State::Waiting(match awaited.first() {
            // Not everything starts at once.
            None => String::from("waits for its turn"),
            Some(first) if awaited.len() == 1 => format!("waits for {}", words(first)),
            Some(first) => format!("waits for {} and {} more", words(first), awaited.len() - 1),
        })
    }

    /// What a container is, after all its steps were done.
    fn result(&self, container: &Container) -> String {
        let has = |is: fn(&Action) -> bool| container.steps.iter().any(|&index| is(&self.steps[index].0));
        let word = match () {
            () if has(|action| matches!(action, Action::Remove(_))) => "removed",
            () if has(|action| matches!(action, Action::Start(_) | Action::Reload(_))) => "ready",
            () if has(|action| matches!(action, Action::Stop(_))) => "stopped",
            () if has(|action| matches!(action, Action::Create(_) | Action::UpdateUnit(_))) => "written",
            () => "rules loaded",
        };
        word.to_owned()
    }

    /// The summary of a run that has ended.
    pub(super) fn summary(&self, now: Instant) -> Summary {
        let done = self.steps.iter().filter(|(_, step)| matches!(step, Step::Done(_))).count();
        let mut containers: Vec<_> = self.containers.iter().map(|(name, it)| self.line(name, it)).collect();
        containers.sort_by_key(|it| (!it.is_wrong, std::cmp::Reverse(it.took), it.name.clone()));
        let took = now.saturating_duration_since(self.begun);
        Summary { done, steps: self.steps.len(), took, containers }
    }

    fn line(&self, name: &ContainerName, container: &Container) -> Line {
        let mut parts = Vec::new();
        let mut is_wrong = false;
        for (action, step) in container.steps.iter().map(|&index| &self.steps[index]) {
            let action_ = action.as_str();
            match step {
                Step::Done(took) if is_long(action) => {
                    parts.push(format!("{} in {}", done(action), seconds(*took)))
                }
                Step::Done(_) => {}
                Step::Failed(took) => parts.push(format!("{action_} failed after {}", seconds(*took))),
                Step::StoppedWaiting(took) => {
                    parts.push(format!("{action_} not waited for after {}", seconds(*took)))
                }
                Step::NotBegun | Step::Ongoing(_) => parts.push(format!("{action_} skipped")),
            }
            is_wrong |= !matches!(step, Step::Done(_));
        }
        match container.back {
            Some(Back::Done) => parts.push(String::from("back in its former state")),
            Some(_) => parts.push(String::from("cannot go back to its former state")),
            None => {}
        }
        if parts.is_empty() {
            parts.push(self.result(container));
        }
        let took =
            container.begun.zip(container.ended).map(|(begun, ended)| ended.saturating_duration_since(begun));
        Line { name: name.clone(), took, text: parts.join(", "), is_wrong }
    }
}

/// How a run ended.
#[derive(Debug)]
pub(super) struct Summary {
    done: usize,
    steps: usize,
    took: Duration,
    /// Those that something is wrong with first, then the slowest.
    containers: Vec<Line>,
}

#[derive(Debug)]
struct Line {
    name: ContainerName,
    /// From its first step to its last; `None` if none has begun.
    took: Option<Duration>,
    text: String,
    is_wrong: bool,
}

impl Summary {
    fn heading(&self) -> String {
        let (done, steps) = (self.done, self.steps);
        let plural = if steps == 1 { "" } else { "s" };
        format!("{done} of {steps} step{plural} done in {}", seconds(self.took))
    }

    /// The summary for people.
    pub(super) fn text(&self) -> String {
        let mut text = self.heading();
        let listed = &self.containers[..self.containers.len().min(LISTED)];
        let width = listed.iter().map(|line| line.name.as_str().len()).max().unwrap_or_default();
        for line in listed {
            let took = line.took.map(|took| format!("{}: ", seconds(took))).unwrap_or_default();
            // Writing to a string does not fail.
            _ = write!(text, "\n  {:width$}  {took}{}", line.name.as_str(), line.text);
        }
        if self.containers.len() > listed.len() {
            _ = write!(text, "\n  and {} more", self.containers.len() - listed.len());
        }
        text
    }

    /// The summary for programs.
    pub(super) fn fields(&self) -> serde_json::Map<String, serde_json::Value> {
        let containers: serde_json::Map<_, _> = self
            .containers
            .iter()
            .map(|line| {
                let seconds = line.took.map(|took| took.as_secs_f64());
                (line.name.to_string(), serde_json::json!({ "seconds": seconds, "message": line.text }))
            })
            .collect();
        let fields = [
            ("message", self.heading().into()),
            ("seconds", self.took.as_secs_f64().into()),
            ("steps", self.steps.into()),
            ("done", self.done.into()),
            ("containers", containers.into()),
        ];
        fields.map(|(name, value)| (name.to_owned(), value)).into_iter().collect()
    }

    /// What the whole run took.
    pub(super) fn took(&self) -> Duration {
        self.took
    }
}

/// Whether a step waits for a guest, so that what it takes is worth saying.
pub(super) fn is_long(action: &Action) -> bool {
    matches!(action, Action::Start(_) | Action::Stop(_) | Action::Reload(_))
}

/// What is going on during a step.
pub(super) fn doing(action: &Action) -> &'static str {
    match action {
        Action::Build => "building",
        Action::RenewProgram => "installing the program",
        Action::WriteBootService => "writing the boot service",
        Action::Create(_) | Action::UpdateUnit(_) => "writing its files",
        Action::Stop(_) => "stopping",
        Action::Start(_) => "starting",
        Action::Reload(_) => "reloading",
        Action::Withdraw(_) => "withdrawing its forwards",
        Action::Firewall(_) => "loading its rules",
        Action::Remove(_) => "removing its files",
    }
}

fn done(action: &Action) -> &'static str {
    match action {
        Action::Stop(_) => "stopped",
        Action::Start(_) => "started",
        Action::Reload(_) => "reloaded",
        _ => "done",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(name: &str) -> ContainerName {
        ContainerName::new(name).expect("a name")
    }

    /// `satay` takes an address of `sambal`, and both have rules.
    fn order() -> Order {
        let (sambal, satay) = (name("sambal"), name("satay"));
        let mut order = Order::default();
        let mut add = |action| order.graph.add_node(action);
        let stop = add(Action::Stop(sambal.clone()));
        let remove = add(Action::Remove(sambal));
        let create = add(Action::Create(satay.clone()));
        let start = add(Action::Start(satay.clone()));
        let rules = add(Action::Firewall(Some(satay)));
        for (before, after) in [(stop, remove), (stop, start), (create, start), (start, rules)] {
            order.graph.add_edge(before, after, ());
        }
        order
    }

    fn at(start: Instant, tenths: u64) -> Instant {
        start + Duration::from_millis(100 * tenths)
    }

    fn states(tally: &Tally) -> Vec<String> {
        tally.states().into_iter().map(|(name, state)| format!("{name} {state:?}")).collect()
    }

    #[test]
    fn a_container_says_what_it_waits_for_until_it_is_ready() {
        let start = Instant::now();
        let mut tally = Tally::new(&order(), start);
        let (sambal, satay) = (name("sambal"), name("satay"));
        tally.begin(&Action::Stop(sambal.clone()), start);
        assert_eq!(states(&tally), [r#"sambal Ongoing("stopping")"#, r#"satay Waiting("waits for its turn")"#]);
        tally.begin(&Action::Create(satay.clone()), start);
        tally.done(&Action::Create(satay.clone()), at(start, 1));
        assert_eq!(states(&tally)[1], r#"satay Waiting("waits for sambal: stop")"#);
        assert_eq!(tally.progress(), "1 of 5 steps");
        assert_eq!(tally.done(&Action::Stop(sambal.clone()), at(start, 12)), Duration::from_millis(1200));
        tally.begin(&Action::Start(satay.clone()), at(start, 12));
        tally.begin(&Action::Remove(sambal.clone()), at(start, 12));
        tally.done(&Action::Remove(sambal), at(start, 13));
        assert_eq!(states(&tally), [r#"sambal Ended("removed")"#, r#"satay Ongoing("starting")"#]);
        tally.done(&Action::Start(satay.clone()), at(start, 42));
        tally.begin(&Action::Firewall(Some(satay.clone())), at(start, 42));
        assert_eq!(states(&tally)[1], r#"satay Ongoing("loading its rules")"#);
        tally.done(&Action::Firewall(Some(satay)), at(start, 43));
        assert_eq!(states(&tally)[1], r#"satay Ended("ready")"#);
        let summary = tally.summary(at(start, 45));
        let text =
            "5 of 5 steps done in 4.5 s\n  satay   4.3 s: started in 3.0 s\n  sambal  1.3 s: stopped in 1.2 s";
        assert_eq!(summary.text(), text);
        let fields = serde_json::Value::Object(summary.fields());
        assert_eq!(fields["message"], "5 of 5 steps done in 4.5 s");
        assert_eq!(fields["containers"]["satay"]["seconds"], 4.3);
    }

    #[test]
    fn what_failed_and_what_was_skipped_comes_first() {
        let start = Instant::now();
        let mut tally = Tally::new(&order(), start);
        let (sambal, satay) = (name("sambal"), name("satay"));
        for action in [Action::Stop(sambal.clone()), Action::Create(satay.clone()), Action::Start(satay.clone())] {
            tally.begin(&action, start);
        }
        tally.done(&Action::Stop(sambal.clone()), at(start, 90));
        tally.done(&Action::Create(satay.clone()), at(start, 1));
        tally.failed(&Action::Start(satay.clone()), false, at(start, 30));
        assert_eq!(states(&tally)[1], r#"satay Failed("start failed")"#);
        tally.restore(&satay);
        assert_eq!(states(&tally)[1], r#"satay Ongoing("going back to its former state")"#);
        tally.restored(&satay, true, at(start, 31));
        let text = tally.summary(at(start, 100)).text();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[0], "2 of 5 steps done in 10.0 s");
        assert_eq!(lines[1], "  sambal  9.0 s: stopped in 9.0 s, remove skipped");
        assert_eq!(
            lines[2],
            "  satay   3.1 s: start failed after 3.0 s, firewall skipped, back in its former state"
        );
    }

    #[test]
    fn a_long_summary_is_cut() {
        let start = Instant::now();
        let mut order = Order::default();
        for n in 0..30 {
            order.graph.add_node(Action::Start(name(&format!("c{n:02}"))));
        }
        let mut tally = Tally::new(&order, start);
        for n in 0..30 {
            let action = Action::Start(name(&format!("c{n:02}")));
            tally.begin(&action, start);
            tally.done(&action, at(start, n));
        }
        let text = tally.summary(at(start, 30)).text();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), LISTED + 2);
        assert_eq!(lines[1], "  c29  2.9 s: started in 2.9 s");
        assert_eq!(lines[LISTED + 1], "  and 10 more");
        assert_eq!(tally.summary(start).fields()["containers"].as_object().map(serde_json::Map::len), Some(30));
    }
}
