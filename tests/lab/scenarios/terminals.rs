//! A switch whose terminal or reader disappears or stops reading: it finishes on its own, and its outcome is recorded.

use crate::support::{Lab, host, web, with};

const SWITCH: &str = "container-rebuild switch --yes /root/host.nix";

/// Two containers with `version`; the first takes two seconds to start.
fn slow(version: &str) -> String {
    let slow = "systemd.services.slow = { wantedBy = [ \"multi-user.target\" ]; serviceConfig = { Type = \"oneshot\"; \
                ExecStart = \"/bin/sleep 2\"; }; }; services.httpd.enable = true; services";
    let one = with(&web("sambal", 12), "services.httpd.enable = true; services", slow);
    host(&[&with(&one, "one@example.org", version), &with(&web("satay", 13), "one@example.org", version)])
}

/// Waits until a container is starting.
const STARTING: &str = "for i in {1..600}; do [[ $(systemctl is-active container@sambal) == activating ]] && break; sleep 0.05; done; \
     [[ $(systemctl is-active container@sambal) == activating ]]";

/// Waits until the lock is free.
const FREE: &str = "timeout 60 flock /var/lib/container-rebuild/lock true";

/// Checks everything that a switch promises even if nobody watches it finish.
#[track_caller]
fn is_finished(lab: &Lab, version: &str, cursor: &str, how: &str) {
    lab.sh(FREE).ok();
    for address in ["192.168.100.12", "192.168.100.13"] {
        assert!(lab.page(&format!("http://{address}/")).contains(version), "{how}");
    }
    let (plan, code) = lab.plan();
    assert_eq!(code, 0, "{how}: {plan:#}");
    let status: serde_json::Value =
        serde_json::from_str(&lab.sh("container-rebuild status --json").ok()).expect("JSON");
    let last = &status["last_switch"];
    assert_eq!(
        (&last["outcome"], &last["source"]),
        (&"done".into(), &"/root/host.nix".into()),
        "{how}: {status:#}"
    );
    assert!(last["ended"].is_u64(), "{how}: {status:#}");
    let log = journal(lab, cursor);
    let has = |message: &str, container: Option<&str>, action: Option<&str>| {
        log.iter().any(|entry| {
            entry["MESSAGE"] == message
                && entry["CONTAINER"].as_str() == container
                && entry["ACTION"].as_str() == action
                && entry["SYSLOG_IDENTIFIER"] == "container-rebuild"
        })
    };
    assert!(has("sambal: starting", Some("sambal"), Some("start")), "{how}: {log:#?}");
    assert!(has("sambal: start done", Some("sambal"), Some("start")), "{how}: {log:#?}");
    assert!(has("switch to /root/host.nix succeeded", None, None), "{how}: {log:#?}");
}

/// The end of the journal.
fn cursor(lab: &Lab) -> String {
    let shown = lab.sh("journalctl --sync; journalctl -n 0 --show-cursor").ok();
    shown.lines().find_map(|line| line.strip_prefix("-- cursor: ")).expect("a cursor").to_owned()
}

/// Our program's journal entries since `cursor`.
fn journal(lab: &Lab, cursor: &str) -> Vec<serde_json::Value> {
    let entries = lab.sh(&format!(
        "journalctl --sync; journalctl --after-cursor='{cursor}' -t container-rebuild --output json --all"
    ));
    entries.ok().lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// Runs the switch on its own terminal, and takes that away while a container starts: `close` or `hang-up`.
const ON_A_TERMINAL: &str = r#"
import os, select, signal, subprocess, sys, time
how, command = sys.argv[1], sys.argv[2:]
child, master = os.forkpty()
if child == 0:
    os.execvp(command[0], command)
deadline = time.monotonic() + 60
state = lambda: subprocess.run(["systemctl", "is-active", "container@sambal"], capture_output=True, text=True).stdout
while state() != "activating\n":
    assert time.monotonic() < deadline, "it does not start"
    time.sleep(0.05)
if how == "close":
    os.close(master)
else:
    os.kill(child, signal.SIGHUP)
while True:
    ended, status = os.waitpid(child, os.WNOHANG)
    if ended:
        break
    assert time.monotonic() < deadline, "it does not end"
    if how != "close":
        if select.select([master], [], [], 0.1)[0]:
            try:
                os.read(master, 4096)
            except OSError:
                pass
    else:
        time.sleep(0.05)
sys.exit(os.waitstatus_to_exitcode(status) % 256)
"#;

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_switch_that_has_begun_is_finished_without_its_terminal_or_reader() {
    let lab = Lab::empty();
    lab.write("/root/vanish.py", ON_A_TERMINAL);
    // A reader that never reads, with a pipe that is full from the start.
    lab.write(
        "/root/stopped.py",
        "import os, subprocess, sys\nreader, writer = os.pipe()\nos.set_blocking(writer, False)\ntry:\n    while True: os.write(writer, b'x' * 65536)\n\
         except BlockingIOError:\n    pass\nos.set_blocking(writer, True)\nsys.exit(subprocess.run(sys.argv[1:], stdout=writer, stderr=writer).returncode)\n",
    );
    let codes = "exit ${PIPESTATUS[0]}";
    for (n, (how, script)) in [
        ("hung up", format!("python3 /root/vanish.py hang-up {SWITCH}")),
        ("the terminal closed", format!("python3 /root/vanish.py close {SWITCH}")),
        ("the first line read", format!("set +e; {SWITCH} 2>&1 | head -1; {codes}")),
        ("the plan looked for", format!("set +e; {SWITCH} 2>&1 | grep -q Plan; {codes}")),
        ("messages read by nobody", format!("set +e; {SWITCH} 2>&1 >/dev/null | true; {codes}")),
        ("a full disk", format!("{SWITCH} >/dev/full 2>&1")),
        ("a reader that has stopped", format!("python3 /root/stopped.py {SWITCH}")),
    ]
    .into_iter()
    .enumerate()
    {
        let version = format!("v{n}@example.org");
        lab.write("/root/host.nix", &slow(&version));
        let cursor = cursor(&lab);
        let said = lab.sh(&script);
        assert_eq!(said.code, 0, "{how}: {said:#?}");
        is_finished(&lab, &version, &cursor, how);
    }
    lab.sh("rm /root/vanish.py /root/stopped.py").ok();
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_second_ctrl_c_leaves_a_start_to_systemd_and_the_next_switch_takes_it_up() {
    let lab = Lab::empty();
    lab.write("/root/host.nix", &with(&slow("v1@example.org"), "/bin/sleep 2", "/bin/sleep 12"));
    let script = format!(
        "{SWITCH} & pid=$!; {STARTING}; kill -INT $pid; sleep 0.2; kill -INT $pid; code=0; wait $pid || code=$?; \
         systemctl is-active container@sambal; exit $code"
    );
    // POSIX: background jobs of a script without job control ignore SIGINT.
    let said = lab.exec(&["bash", "-c", &format!("set -m; {script}")], b"");
    assert_eq!(said.code, 130, "{said:#?}");
    assert!(said.out.ends_with("activating\n"), "it was waited for, or ended: {said:#?}");
    // Either of the two may have begun first.
    let interrupted = said.err.lines().find(|line| line.starts_with("interrupted: finishing ")).unwrap_or_default();
    assert!(interrupted.contains("sambal: starting"), "{said:#?}");
    assert!(said.err.contains("sambal: start is no longer waited for\n"), "{said:#?}");
    assert!(said.err.contains("stopped waiting for the start of `sambal`: systemd goes on with it"), "{said:#?}");
    let status = lab.sh("container-rebuild status");
    assert!(
        status.err.contains("warning[last-switch]: the last switch (to /root/host.nix) was interrupted"),
        "{status:#?}"
    );
    // The container comes up on its own, and no step is repeated.
    lab.sh(SWITCH).ok();
    assert_eq!(lab.plan().1, 0);
    assert!(lab.page("http://192.168.100.12/").contains("v1@example.org"));
    let status = lab.sh("container-rebuild status");
    assert_eq!((status.code, status.err.as_str()), (0, ""), "{status:#?}");
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_switch_that_was_killed_or_failed_is_told_of_by_status() {
    let lab = Lab::empty();
    lab.write("/root/host.nix", &slow("v1@example.org"));
    lab.sh(&format!(
        "{SWITCH} & pid=$!; {STARTING}; container-rebuild status >&2; kill -KILL $pid; wait $pid || true"
    ))
    .ok();
    let during = lab.sh("container-rebuild status");
    assert!(during.err.contains("and was killed before it finished"), "{during:#?}");
    lab.sh(SWITCH).ok();
    let broken = with(
        &slow("v1@example.org"),
        "satay = { autoStart = true;",
        "satay = { autoStart = true; extraFlags = [ \"--no-such-flag\" ];",
    );
    lab.write("/root/host.nix", &broken);
    assert_eq!(lab.sh(SWITCH).code, 1);
    let said = lab.sh("container-rebuild status");
    assert!(said.err.contains("the last switch (to /root/host.nix) failed "), "{said:#?}");
    assert!(said.err.contains("container@satay.service"), "{said:#?}");
    lab.write("/root/host.nix", &slow("v1@example.org"));
    lab.sh(SWITCH).ok();
    assert_eq!(lab.sh("container-rebuild status").err, "");
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_switch_in_a_service_says_nothing_twice_in_the_journal() {
    let lab = Lab::empty();
    lab.write("/root/host.nix", &slow("v1@example.org"));
    let cursor = cursor(&lab);
    lab.sh(&format!("systemd-run --quiet --wait --setenv=NIX_PATH --unit scenario-switch {SWITCH}")).ok();
    let entries =
        lab.sh(&format!("journalctl --sync; journalctl --after-cursor='{cursor}' --output json --all")).ok();
    let entries: Vec<serde_json::Value> =
        entries.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    for (message, action) in [
        ("sambal: starting", Some("start")),
        ("sambal: create done", Some("create")),
        ("sambal: start done", Some("start")),
        ("switch to /root/host.nix succeeded", None),
    ] {
        let found: Vec<_> = entries.iter().filter(|entry| entry["MESSAGE"] == message).collect();
        let [entry] = &found[..] else { panic!("{message}: {entries:#?}") };
        assert_eq!(entry["ACTION"].as_str(), action, "{entry:#}");
        assert_eq!(entry["CONTAINER"].as_str(), action.map(|_| "sambal"), "{entry:#}");
    }
    let took = entries.iter().find(|entry| entry["MESSAGE"] == "sambal: start done").expect("checked above");
    let took: u64 = took["DURATION_USEC"].as_str().and_then(|took| took.parse().ok()).expect("a duration");
    assert!(took >= 2_000_000, "its guest takes two seconds: {took}");
    lab.finish();
}

/// Runs a command on a terminal of its own, which reports no size, and prints all that it shows there. stdout is not that
/// terminal.
const SHOWN_ON_A_TERMINAL: &str = r#"
import os, sys
out = os.open("/root/stdout", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
child, master = os.forkpty()
if child == 0:
    os.dup2(out, 1)
    os.execvp(sys.argv[1], sys.argv[1:])
while True:
    try:
        shown = os.read(master, 65536)
    except OSError:
        break
    if not shown:
        break
    os.write(1, shown)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"#;

/// Replaces durations.
fn masked(text: &str) -> String {
    let words: Vec<&str> = text.split(' ').collect();
    let is_number = |word: &str| word.parse::<f64>().is_ok();
    let word = |(n, word): (usize, &&str)| match words.get(n + 1) {
        Some(next)
            if next.starts_with('s') && next.trim_end_matches([':', ',', '\n']).len() == 1 && is_number(word) =>
        {
            "N".to_owned()
        }
        _ => (*word).to_owned(),
    };
    words.iter().enumerate().map(word).collect::<Vec<_>>().join(" ")
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_terminal_shows_a_live_line_of_each_container_and_a_summary() {
    let lab = Lab::empty();
    lab.write("/root/shown.py", SHOWN_ON_A_TERMINAL);
    let show = |options: &str| lab.sh(&format!("TERM=xterm python3 /root/shown.py {SWITCH} {options}"));
    lab.write("/root/host.nix", &slow("v1@example.org"));
    let said = show("");
    assert_eq!(said.code, 0, "{said:#?}");
    for line in
        ["evaluating with Nix", "  sambal  \u{1b}[36mstarting\u{1b}[0m", "  satay   \u{1b}[32mready\u{1b}[0m  "]
    {
        assert!(said.out.contains(line), "{line}: {}", said.out);
    }
    let is_counted = |line: &str| line.contains(" of ") && line.contains(" steps  ");
    assert!(said.out.split(['\r', '\n']).any(is_counted), "{}", said.out);
    // No step is printed twice: what is left is the summary.
    assert!(!said.out.contains("sambal: start"), "{}", said.out);
    let summary: String = said.out.rsplit_once(" steps done in ").expect("a summary").1.replace('\r', "");
    let summary: Vec<&str> = summary.lines().skip(1).take(2).collect();
    let summary = format!("{}\n", summary.join("\n"));
    assert_eq!(masked(&summary), "  sambal  N s: started in N s\n  satay   N s: started in N s\n");
    let results = lab.sh("cat /root/stdout").ok();
    assert!(results.starts_with("host -> ") || results.contains("Plan: "), "{results}");
    assert!(!results.contains('\u{1b}') && !results.contains("steps"), "{results}");

    // Not with NO_COLOR, --quiet or JSON, nor on a terminal that cannot move its cursor.
    for (version, options, wanted, unwanted) in [
        ("v2", "--color never", "  sambal  starting", "[36m"),
        ("v3", "--quiet", "", "starting"),
        ("v4", "--log-format json", "\"message\":\"sambal: starting\"", "\u{1b}"),
    ] {
        lab.write("/root/host.nix", &slow(&format!("{version}@example.org")));
        let said = show(options);
        assert_eq!(said.code, 0, "{options}: {said:#?}");
        assert!(said.out.contains(wanted) && !said.out.contains(unwanted), "{options}: {}", said.out);
    }
    lab.write("/root/host.nix", &slow("v5@example.org"));
    let said = lab.sh(&format!("TERM=dumb python3 /root/shown.py {SWITCH}"));
    assert!(said.out.contains("sambal: starting\r\n") && !said.out.contains("\u{1b}[2K"), "{}", said.out);
    lab.sh("rm /root/shown.py /root/stdout").ok();
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn what_takes_long_is_said_every_few_seconds_and_in_a_json_log_as_json() {
    let lab = Lab::empty();
    lab.write("/root/host.nix", &with(&slow("v1@example.org"), "/bin/sleep 2", "/bin/sleep 11"));
    let said = lab.sh(&format!("{SWITCH} -vv --log-format json"));
    assert_eq!(said.code, 0, "{said:#?}");
    let lines: Vec<serde_json::Value> = said
        .err
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}")))
        .collect();
    let messages: Vec<&str> = lines.iter().filter_map(|line| line["message"].as_str()).collect();
    for progress in [
        "evaluating with Nix: sambal, satay",
        "sambal: starting",
        "sambal: starting (5 s)",
        "sambal: starting (10 s)",
    ] {
        let line = lines.iter().find(|line| line["message"] == progress);
        assert_eq!(line.map(|line| &line["level"]), Some(&"info".into()), "{progress}: {messages:#?}");
    }
    let summary = lines.iter().find(|line| line["containers"].is_object()).expect("a summary");
    assert_eq!((&summary["done"], &summary["level"]), (&summary["steps"], &"info".into()), "{summary:#}");
    assert!(summary["containers"]["sambal"]["seconds"].as_f64().is_some_and(|it| it > 10.0), "{summary:#}");
    // -vv logs every call to the outside.
    for call in [
        "systemd: Reload",
        "systemd: begin a job",
        "systemd: the job ended",
        "run",
        "write",
        "symlink",
        "netlink: list interfaces, addresses and routes",
    ] {
        let line = lines.iter().find(|line| line["message"] == call && line["level"] == "debug");
        assert!(line.is_some(), "{call}: {messages:#?}");
    }
    let commands: String = lines.iter().filter_map(|line| line["command"].as_str()).collect();
    assert!(commands.contains("\"nft\" \"-f\" \"-\"") && commands.contains("\"build\""), "{commands}");
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_signal_before_anything_is_changed_ends_nix_too() {
    let lab = Lab::empty();
    lab.write("/root/host.nix", &slow("v1@example.org"));
    // A Nix that never finishes.
    lab.sh(
        "mkdir -p /root/bin && printf '#!/bin/sh\\nexec sleep 999.25\\n' >/root/bin/nix && chmod +x /root/bin/nix",
    )
    .ok();
    let roots = || lab.sh("find /tmp -maxdepth 1 -name 'container-rebuild-*'").ok();
    let before = roots();
    for signal in ["INT", "TERM", "HUP"] {
        let script = format!(
            "set -m; PATH=/root/bin:$PATH {SWITCH} & pid=$!; for i in {{1..600}}; do pgrep -f '[s]leep 999.25' >/dev/null && break; sleep 0.05; done; \
             pgrep -f '[s]leep 999.25' >/dev/null || exit 99; kill -{signal} $pid; code=0; wait $pid || code=$?; \
             pgrep -f '[s]leep 999.25' >&2 && exit 98; exit $code"
        );
        let said = lab.exec(&["bash", "-c", &script], b"");
        let number = match signal {
            "INT" => 2,
            "TERM" => 15,
            _ => 1,
        };
        assert_eq!(said.code, 128 + number, "{signal}: {said:#?}");
        assert!(!said.err.contains("error["), "{said:#?}");
    }
    assert_eq!(roots(), before);
    lab.sh("rm -r /root/bin").ok();
    lab.finish();
}
