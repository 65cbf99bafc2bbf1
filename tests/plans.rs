//! Plans as reviewers see them: `tests/plans/NAME/` has the two sides, and `case.toml` says in one sentence what a reviewer
//! must learn from the plan. Quotes in backticks must occur in the plan's text. The text, the Markdown and the JSON of each
//! plan are snapshots beside it, and the JSON must match the published schema.
//!
//! Cases run the program with `--from`. A case with `host` instead plans against a host in memory to which one side was
//! applied, and to which the events in `host` then happened.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

use container_rebuild::app::{self, ConfigOptions, Context, Environment, Show};
use container_rebuild::apply::Applier;
use container_rebuild::diag::render;
use container_rebuild::eval::on_big_stack;
use container_rebuild::host::disk::RealDisk;
use container_rebuild::host::memory::{MemoryClock, MemoryHost, MemoryUi};
use container_rebuild::model::check::check as check_model;
use container_rebuild::model::path::OptionSpans;
use container_rebuild::model::spec::HostSpec;
use container_rebuild::model::view::View;
use container_rebuild::model::{ContainerName, Manifest};
use container_rebuild::plan::{
    self, Configuration, Endpoint, EndpointKind, Finding, Options, Plan, StateView, show,
};
use container_rebuild::render::{interface, paths};
use container_rebuild::source::SourceMap;
use container_rebuild::state::{
    ActiveState, BootService, Damage, Generation, KeptRoot, ObservedContainer, Owner, Probe, Record, Rules,
    Snapshot, Unit, Unobserved,
};
use serde::Deserialize;

/// The contents of `case.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// What a reviewer must learn. Text in backticks is quoted from the plan.
    learn: String,
    /// The argument of `--from`.
    #[serde(default = "before")]
    before: String,
    /// The wanted configuration.
    #[serde(default = "after")]
    after: String,
    /// Additional arguments.
    #[serde(default)]
    arguments: Vec<String>,
    /// Texts that must not occur in any form of the plan.
    #[serde(default)]
    never: Vec<String>,
    /// What happened to the host after one side was applied.
    host: Option<Vec<String>>,
}

fn before() -> String {
    String::from("before.nix")
}

fn after() -> String {
    String::from("after.nix")
}

fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/plans")
}

/// The names of all cases, in order.
fn names() -> Vec<String> {
    let entries = std::fs::read_dir(cases()).expect("the directory of the cases");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("names are text")).collect();
    names.sort();
    names
}

/// Copies a case's files out of the repository; otherwise all positions would be relative to its top level.
fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).expect("a directory") {
        let entry = entry.expect("an entry");
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            std::fs::create_dir(&target).expect("a directory");
            copy(&path, &target);
        } else if path.extension().is_none_or(|extension| extension != "snap") {
            std::fs::copy(&path, &target).expect("a file");
        }
    }
}

/// Runs the program in `directory` without a host, Nix or git: status, and both streams as users see them.
fn run(directory: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_container-rebuild"));
    command.args(arguments).current_dir(directory).env_clear().stdin(Stdio::null());
    let output = command.output().expect("the program runs");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// A side, evaluated.
struct Evaluated {
    manifest: Manifest,
    guests: BTreeMap<ContainerName, View>,
    spec: HostSpec,
    /// The guests' keys and systems, both derived here from their options instead of from their inputs.
    keys: BTreeMap<ContainerName, String>,
}

/// The system that is built from a guest's configuration.
fn system(guest: &str) -> String {
    let key: u64 = guest.bytes().fold(0, |key, byte| key.wrapping_mul(31).wrapping_add(byte.into()));
    format!("/nix/store/{key:032}-guest")
}

impl Evaluated {
    fn new(directory: &Path, file: &str) -> Self {
        let options = ConfigOptions { config: file.to_owned(), ..ConfigOptions::default() };
        let show = Show { positions: true, guest: true, ..Show::default() };
        let evaluated = on_big_stack(|| {
            let directory = directory.to_owned();
            let environment = Environment { directory, memory: usize::MAX, ..Environment::default() };
            let (sources, ui) = (SourceMap::new(), MemoryUi::new());
            let cx = Context {
                environment: &environment,
                disk: &RealDisk,
                clock: &MemoryClock::default(),
                sources: &sources,
                only: &[],
                ui: &ui,
            };
            app::eval(&cx, &options, show)
                .map(|(shown, _)| serde_json::to_value(shown).expect("it has string keys"))
        });
        let mut json = evaluated.expect("a thread").expect("it evaluates");
        let containers = json["containers"].as_object_mut().expect("containers");
        let (mut guests, mut keys) = (BTreeMap::new(), BTreeMap::new());
        for (name, container) in containers {
            let Some(options) = container.as_object_mut().expect("options").remove("guest") else { continue };
            let name = ContainerName::new(name.as_str()).expect("a good name");
            keys.insert(name.clone(), system(&options.to_string()));
            guests.insert(name, View { options, ..View::default() });
        }
        let manifest = Manifest::from_json(json).expect("a manifest");
        let spec = check_model(&manifest, &OptionSpans::default()).spec;
        Self { manifest, guests, spec, keys }
    }

    /// Fills in the systems that Nix would have built.
    fn built(mut self) -> Self {
        for (name, key) in &self.keys {
            let container = self.manifest.containers.get_mut(name).expect("it has a guest");
            container.path = key.clone().into();
        }
        self.spec = check_model(&self.manifest, &OptionSpans::default()).spec;
        self
    }

    fn side(&self, name: &str) -> StateView<'_> {
        StateView::configuration(&Configuration {
            endpoint: Endpoint { kind: EndpointKind::File, name: name.to_owned() },
            manifest: &self.manifest,
            guest_keys: &self.keys,
            unknown_keys: const { &BTreeMap::new() },
            guests: &self.guests,
            sources: None,
            spec: Some(&self.spec),
            missing_modules: false,
        })
    }

    /// A host with this configuration applied.
    fn host(&self) -> MemoryHost {
        let host = MemoryHost::new();
        let (side, nothing) = (self.side("before.nix"), host.snapshot().expect("in memory"));
        let plan = plan::plan(&StateView::host(&nothing), &side, &Options::default());
        let report = Applier { host: &host, at_once: 1, workers: 1, stop: &|| false, watch: &|_| () }.apply(&plan);
        assert!(report.is_complete(), "{report:?}");
        let generation = Generation {
            number: 1,
            source: "before.nix".to_owned(),
            manifest: self.manifest.clone(),
            records: side.records(),
            nat: self.spec.nat.clone(),
            guests: side.guests(),
        };
        // As on a real host, the generation is read from a file.
        let text = serde_json::to_string_pretty(&generation).expect("JSON");
        host.state().generations.push(serde_json::from_str(&text).expect("reads back"));
        host
    }
}

/// Applies a case's events to a host, and returns what can be observed afterwards.
fn after_events(host: &MemoryHost, events: &[String], directory: &Path) -> Snapshot {
    let name = |name: &str| ContainerName::new(name).expect("a good name");
    for event in events {
        let mut state = host.state();
        match event.split(' ').collect::<Vec<_>>()[..] {
            ["stopped", who] => drop(state.running.remove(&name(who))),
            ["started", who] => {
                let record = serde_json::from_str(&state.written[&name(who)].record).expect("a record");
                state.running.insert(name(who), record);
            }
            ["unit", who] => state.written.get_mut(&name(who)).expect("written").unit.push_str("Nice=5\n"),
            ["unit", "former", who] => {
                let unit = &mut state.written.get_mut(&name(who)).expect("written").unit;
                *unit = unit.replace(paths::PROGRAM, "/opt/a/container-rebuild");
            }
            ["program", "other"] => state.program = Some("0.0.9, /opt/a/container-rebuild".to_owned()),
            ["program", "gone"] => state.program = None,
            ["missing", path] => drop(state.missing.insert(path.into())),
            ["boot", whose @ ("ours" | "theirs"), program] => {
                let is_ours = whose == "ours";
                let program = Some(program.into());
                state.boot_service = BootService { is_enabled: true, is_ours, program, ..BootService::default() };
            }
            ["conf", who] => state.written.get_mut(&name(who)).expect("written").conf.push_str("X=1\n"),
            ["record", who] => state.written.get_mut(&name(who)).expect("written").record.clear(),
            ["link", "down", who] => {
                state.links.get_mut(&interface::host_end(&name(who)).name).expect("a link").up = false;
            }
            ["link", "gone", who] => drop(state.links.remove(&interface::host_end(&name(who)).name)),
            ["address", who, address] => {
                let link = state.links.get_mut(&interface::host_end(&name(who)).name).expect("a link");
                link.addresses = [(address.parse().expect("an address"), 32)].into();
            }
            ["generation", "other", who] => {
                let generation = state.generations.last_mut().expect("a generation");
                let record = generation.records.get_mut(&name(who)).expect("a record");
                (record.guest_key, record.spec.system) = (Some("other".to_owned()), "/nix/store/other".into());
            }
            ["generation", "lost"] => state.is_generation_lost = true,
            ["open", path] => state.open_directories.push(path.into()),
            ["boot", "edited"] => state.boot_service.is_edited = true,
            ["damage", what, who] => {
                let damage = state.damage.entry(name(who)).or_default();
                match what {
                    "masked" => damage.mask = Some(paths::outranking_unit(&name(who))),
                    "masked-until-boot" => damage.mask = Some(paths::unit(&name(who))),
                    "outranked" => damage.is_outranked = true,
                    "unlinked" => damage.is_unlinked = true,
                    "access" => damage.has_other_access = true,
                    "unheld" => damage.is_unheld = true,
                    _ => panic!("nobody does that to files: {what}"),
                }
            }
            ["spec", who] => {
                let files = state.written.get_mut(&name(who)).expect("written");
                let mut record: Record = serde_json::from_str(&files.record).expect("a record");
                record.spec.tmpfs.push("/volatile".to_owned());
                files.record = serde_json::to_string(&record).expect("JSON");
            }
            ["localnet", "off", who] => {
                let link = interface::host_end(&name(who)).name;
                state.sysctls.insert(format!("net.ipv4.conf.{link}.route_localnet"), "0".to_owned());
            }
            ["rules", "flushed"] => state.rules = None,
            ["forwarding", "off"] => state.sysctls.retain(|name, _| !name.contains(".all.")),
            // These events affect what is observed, not the host; see below.
            ["unprivileged" | "nft-less" | "systemd-less" | "built"]
            | ["native" | "foreign" | "root" | "starting" | "unread" | "booted-lost", _] => {}
            _ => panic!("nothing of this kind happens to hosts: {event}"),
        }
    }
    let mut snapshot = host.snapshot().expect("in memory");
    for event in events {
        match event.split(' ').collect::<Vec<_>>()[..] {
            ["unprivileged"] => {
                snapshot.rules = Err(Unobserved::NotPermitted);
                (snapshot.links, snapshot.roots) = (None, None);
            }
            ["nft-less"] => snapshot.rules = Err(Unobserved::NoProgram),
            ["systemd-less"] => {
                (snapshot.systemd, snapshot.rules) = (false, Ok(Rules::Absent));
                snapshot.containers.clear();
            }
            ["root", who] => {
                let path = Path::new("/var/lib/nixos-containers").join(who);
                snapshot.roots.get_or_insert_default().insert(name(who), KeptRoot { path });
            }
            ["booted-lost", who] => {
                snapshot.containers.get_mut(&name(who)).expect("a container").booted = None;
            }
            ["unread", who] => {
                let unit = snapshot.containers.get_mut(&name(who)).and_then(|container| container.unit.as_mut());
                unit.expect("a unit").is_unread = true;
            }
            ["starting", who] => {
                let unit = snapshot.containers.get_mut(&name(who)).and_then(|container| container.unit.as_mut());
                unit.expect("a unit").active = ActiveState::Activating;
            }
            [whose @ ("native" | "foreign"), who] => {
                let text = |ending: &str| std::fs::read_to_string(directory.join(format!("{who}{ending}"))).ok();
                let observed = ObservedContainer {
                    owner: if whose == "native" { Owner::Native } else { Owner::Foreign },
                    unit: Some(Unit {
                        fragment: Some(format!("/etc/systemd/system/container@{who}.service").into()),
                        is_unread: false,
                        active: ActiveState::Active,
                        active_since: None,
                        memory: None,
                    }),
                    machine: None,
                    written: None,
                    booted: None,
                    missing_program: None,
                    unit_text: text(".service"),
                    start_text: text("-start"),
                    conf_text: text(".conf"),
                    damage: Damage::default(),
                };
                snapshot.containers.insert(name(who), observed);
            }
            _ => {}
        }
    }
    snapshot
}

/// A plan against a host in memory: as text with findings, as Markdown, and as JSON.
fn against_host(directory: &Path, case: &Case, events: &[String]) -> [String; 3] {
    let host = Evaluated::new(directory, &case.before).built().host();
    let snapshot = after_events(&host, events, directory);
    let kept = snapshot.generation.as_ref().map(|generation| &generation.guests);
    let kept = serde_json::to_string(&kept).expect("JSON");
    for never in &case.never {
        assert!(!kept.contains(never), "{never:?} is kept: {kept}");
    }
    let only = case.arguments.iter().map(|name| ContainerName::new(name.as_str()).expect("a good name"));
    let options = Options { only: (!case.arguments.is_empty()).then(|| only.collect()), ..Options::default() };
    let mut after = Evaluated::new(directory, &case.after);
    if events.iter().any(|event| event == "built") {
        after = after.built();
    }
    let plan: Plan = plan::plan(&StateView::host(&snapshot), &after.side(&case.after), &options);
    let sources = SourceMap::new();
    let findings: String = plan
        .findings
        .iter()
        .map(|finding| render::text(&Finding::to_diagnostic(finding), &sources, render::Style::PLAIN))
        .collect();
    let text = format!(
        "{}{}{findings}",
        show::text(&plan, show::Style::default()),
        if findings.is_empty() { "" } else { "---- stderr\n" }
    );
    [text, show::markdown(&plan), show::json(&plan)]
}

/// A plan between two configurations by the program, whose exit code must say whether anything changes.
fn against_configuration(directory: &Path, case: &Case) -> [String; 3] {
    let mut codes = Vec::new();
    let mut plan = |format: &str| {
        let mut arguments = vec!["plan", "--from", &case.before, "--format", format, "--detailed-exitcode"];
        arguments.extend(case.arguments.iter().map(String::as_str));
        arguments.push(&case.after);
        let (code, out, err) = run(directory, &arguments);
        assert!(matches!(code, Some(0 | 2)), "exit code {code:?}\n{out}{err}");
        codes.push(code);
        (out, err)
    };
    let (text, err) = plan("text");
    let (markdown, json) = (plan("markdown").0, plan("json").0);
    let expected = if text == "No changes.\n" { Some(0) } else { Some(2) };
    assert_eq!(codes, [expected; 3], "{text}");
    [if err.is_empty() { text } else { format!("{text}---- stderr\n{err}") }, markdown, json]
}

/// The texts in backticks.
fn quoted(sentence: &str) -> Vec<&str> {
    sentence.split('`').skip(1).step_by(2).collect()
}

/// A line of Markdown without its code spans (CommonMark, *Code spans*).
fn without_code(line: &str) -> String {
    let run = |text: &str| text.len() - text.trim_start_matches('`').len();
    let (mut rest, mut left) = (line, String::new());
    while let Some(start) = rest.find('`') {
        left.push_str(&rest[..start]);
        rest = &rest[start..];
        let fence = run(rest);
        let mut inside = &rest[fence..];
        let end = loop {
            let Some(at) = inside.find('`') else { break None };
            inside = &inside[at..];
            let length = run(inside);
            inside = &inside[length..];
            if length == fence {
                break Some(inside);
            }
        };
        match end {
            Some(after) => rest = after,
            None => {
                left.push_str(&rest[..fence]);
                rest = &rest[fence..];
            }
        }
    }
    left + rest
}

/// Checks that text from a configuration escapes neither its code span nor its table cell.
fn is_contained(markdown: &str) {
    let pipes = |line: &str| line.replace("\\|", "").matches('|').count();
    let (mut fence, mut cells) = (None::<String>, None);
    for line in markdown.lines() {
        let ticks: String = line.chars().take_while(|c| *c == '`').collect();
        if let Some(open) = &fence {
            if line.trim_end().chars().all(|c| c == '`') && ticks.len() >= open.len() {
                fence = None;
            }
            continue;
        }
        if ticks.len() >= 3 && !line[ticks.len()..].contains('`') {
            fence = Some(ticks);
            continue;
        }
        cells = line.starts_with('|').then(|| cells.unwrap_or_else(|| pipes(line)));
        if let Some(cells) = cells {
            assert_eq!(pipes(line), cells, "{line}\n{markdown}");
        }
        let mut left = without_code(line);
        for tag in ["<details>", "</details>", "<summary>", "</summary>", "<code>", "</code>"] {
            left = left.replace(tag, "");
        }
        for acts in ["<", "@", "](", "`", "://", "\\"] {
            assert!(!left.contains(acts), "{acts:?} in {left:?}\n{markdown}");
        }
    }
    assert_eq!(fence, None, "{markdown}");
}

fn check(name: &str, schema: &jsonschema::Validator) {
    let directory = cases().join(name);
    let toml = std::fs::read_to_string(directory.join("case.toml")).expect("case.toml");
    let case: Case = toml::from_str(&toml).unwrap_or_else(|error| panic!("{name}/case.toml: {error}"));
    let work = tempfile::tempdir().expect("a directory");
    copy(&directory, work.path());
    let [shown, markdown, json] = match &case.host {
        Some(events) => against_host(work.path(), &case, events),
        None => against_configuration(work.path(), &case),
    };
    let quotes = quoted(&case.learn);
    assert!(!quotes.is_empty() && case.learn.ends_with(['.', '`']), "{name}: {:?}", case.learn);
    for quote in quotes {
        assert!(shown.contains(quote), "{name}: {}\n{quote:?} is not in\n{shown}", case.learn);
    }
    for never in &case.never {
        for form in [&shown, &markdown, &json] {
            assert!(!form.contains(never), "{name}: {never:?} is shown:\n{form}");
        }
    }
    is_contained(&markdown);
    let value: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let invalid: Vec<_> = schema.iter_errors(&value).map(|error| error.to_string()).collect();
    assert!(invalid.is_empty(), "{name}: {invalid:#?}");
    let is_empty = value["changes"].as_array().is_some_and(Vec::is_empty) && value["firewall"]["changed"] == false;
    assert_eq!(shown.starts_with("No changes.\n"), is_empty, "{name}:\n{shown}");
    assert_eq!(
        markdown.matches("<details>").count(),
        markdown.matches("</details>\n").count(),
        "{name}:\n{markdown}"
    );

    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(&directory);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.set_description(&case.learn);
    settings.bind(|| {
        insta::assert_snapshot!("text", shown);
        insta::assert_snapshot!("markdown", markdown);
        insta::assert_snapshot!("json", json);
    });
}

#[test]
fn each_plan_says_what_a_reviewer_has_to_learn() {
    let names = names();
    assert!(names.len() >= 60, "{} cases", names.len());
    let (code, schema, err) = run(Path::new("/"), &["schema", "plan"]);
    assert_eq!(code, Some(0), "{err}");
    let schema: serde_json::Value = serde_json::from_str(&schema).expect("JSON");
    let schema = jsonschema::validator_for(&schema).expect("a schema");
    let (queue, failed) = (Mutex::new(names.iter()), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(name) = { queue.lock().expect("not poisoned").next() } {
                    if catch_unwind(AssertUnwindSafe(|| check(name, &schema))).is_err() {
                        failed.lock().expect("not poisoned").push(name);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().expect("not poisoned");
    assert!(failed.is_empty(), "{} of {} cases: {failed:#?}", failed.len(), names.len());
}
