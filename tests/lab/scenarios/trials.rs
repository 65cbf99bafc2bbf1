//! `try`: throw-away containers beside those of the host.

use crate::support::{CommandOutput, Lab, host, web, with};

/// Runs a command in the first container of a trial, and returns what it and container-rebuild printed.
fn trial(lab: &Lab, command: &str) -> CommandOutput {
    lab.sh(&format!("container-rebuild try --yes /root/trial.nix -- {command}"))
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_trial_runs_beside_the_host_and_leaves_nothing() {
    let lab = Lab::empty();
    let port = "forwardPorts = [ { hostPort = 8080; containerPort = 80; } ]; autoStart";
    let wasabi = with(&web("wasabi", 11), "autoStart", port);
    lab.switch(&host(&[&wasabi]));
    let before = lab.observe();
    lab.write("/root/trial.nix", &host(&[&wasabi]));

    // Its own name, address and port; the one of the host goes on.
    let said = trial(&lab, "sh -c 'grep -om1 192.168.100.12 /proc/net/fib_trie; echo data > /var/kept; exit 7'");
    assert_eq!((said.code, said.out.as_str()), (7, "192.168.100.12\n"), "{said:#?}");
    for note in ["`wasabi` runs as `wasabi-try`", "address 192.168.100.12 instead of 192.168.100.11", "port 18080"]
    {
        assert!(said.err.contains(note), "{note} in {}", said.err);
    }
    let after = lab.observe();
    assert!(before.kept(&after, "wasabi"));
    assert_eq!((&before.traces, before.running()), (&after.traces, after.running()));
    assert_eq!(lab.plan().1, 0);

    // While it runs, both answer.
    lab.sh(
        "mkfifo /root/go; trap 'rm -f /root/go /root/said' EXIT
         container-rebuild try --yes /root/trial.nix -- cat < /root/go > /root/said &
         trial=$!; exec 3> /root/go
         for i in {1..300}; do curl -sf --max-time 2 http://192.168.100.12/ > /dev/null && break; sleep 0.1; done
         curl -sf --max-time 5 http://192.168.100.12/ | grep -q @; curl -sf --max-time 5 http://192.168.100.11/ | grep -q @
         ! container-rebuild switch --yes /root/host.nix
         echo word >&3; exec 3>&-; wait $trial; grep -q word /root/said",
    )
    .ok();
    assert_eq!(before.traces, lab.observe().traces);

    // What a killed one leaves goes with the next switch.
    lab.sh("container-rebuild try --yes /root/trial.nix -- sleep 60 & trial=$!
         for i in {1..300}; do curl -sf --max-time 2 http://192.168.100.12/ > /dev/null && break; sleep 0.1; done
         kill -KILL $trial; ! wait $trial; machinectl show wasabi-try > /dev/null
         container-rebuild switch --yes /root/host.nix; ! machinectl show wasabi-try 2> /dev/null")
        .ok();
    let after = lab.observe();
    assert!(before.kept(&after, "wasabi"));
    assert_eq!((&before.traces, before.running()), (&after.traces, after.running()));
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_trial_on_an_empty_host_leaves_it_empty() {
    let lab = Lab::empty();
    lab.write("/root/trial.nix", &host(&[&web("wasabi", 11)]));
    let said = trial(&lab, "true");
    assert_eq!(said.code, 0, "{said:#?}");
    assert!(lab.observe().is_empty(), "{:#?}", lab.observe().traces);
    lab.finish();
}

/// Answers the question of `try` on a terminal of its own, leaves the shell with 3, and prints what the terminal showed.
const ON_A_TERMINAL: &str = r#"
import os, select, sys, time
child, master = os.forkpty()
if child == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
shown, deadline = b"", time.monotonic() + 60
def until(word):
    global shown
    while word not in shown:
        assert select.select([master], [], [], deadline - time.monotonic())[0], shown
        shown += os.read(master, 65536)
try:
    until(b"for a trial?")
    os.write(master, b"y\n")
    until(b"steps done in")
    os.write(master, b"echo ma''rk; exit 3\n")
    until(b"mark")
    until(b"unreachable")
except OSError:
    pass
os.write(1, shown)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"#;

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_trial_opens_a_shell_on_the_terminal() {
    let lab = Lab::empty();
    lab.write("/root/terminal.py", ON_A_TERMINAL);
    lab.write("/root/trial.nix", &host(&[&web("wasabi", 11)]));
    let said = lab.sh("TERM=xterm python3 /root/terminal.py container-rebuild try /root/trial.nix");
    assert_eq!(said.code, 3, "{said:#?}");
    assert!(said.out.contains("create and start"), "{}", said.out);
    // The screen is the shell's: nothing is drawn between its start and its end.
    let shell =
        said.out.rsplit_once("exit 3").and_then(|(_, rest)| rest.split_once("logout")).map(|(shell, _)| shell);
    let shell = shell.expect("it was left");
    assert!(shell.contains("mark\r\n") && !shell.contains("steps"), "{shell:?}");
    assert!(lab.observe().is_empty(), "{:#?}", lab.observe().traces);
    lab.sh("rm /root/terminal.py").ok();
    lab.finish();
}
