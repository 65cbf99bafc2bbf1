//! What was applied: listed, gone back to, tested until a reboot, recorded for the next one, or kept only if confirmed.

use serde_json::{Value, json};

use crate::support::{Lab, host, web, with};

/// Runs its arguments on a terminal, and answers its first argument when asked whether to keep what was applied.
const ANSWER: &str = r#"
import os, select, sys, time
child, master = os.forkpty()
if child == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
said, answered, deadline = b"", False, time.monotonic() + 120
while True:
    assert time.monotonic() < deadline, said
    if select.select([master], [], [], 0.1)[0]:
        try:
            said += os.read(master, 4096)
        except OSError:
            break
    if not answered and b"Keep it?" in said:
        os.write(master, sys.argv[1].encode() + b"\n")
        answered = True
sys.stderr.buffer.write(said)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) % 256)
"#;

/// A host with `hot` and `mild`, of which `hot` says `version`.
fn version(version: &str) -> String {
    host(&[&with(&web("hot", 12), "one@example.org", version), &web("mild", 13)])
}

/// What `hot` says.
#[track_caller]
fn says(lab: &Lab, version: &str) {
    let page = lab.page("http://192.168.100.12/");
    assert!(page.contains(version), "{page} instead of {version}");
}

/// The numbers of the generations, of the current one, and of the one that boots.
#[track_caller]
fn numbers(lab: &Lab) -> Value {
    let list: Value = serde_json::from_str(&lab.sh("container-rebuild generations --json").ok()).expect("JSON");
    let list = list["generations"].as_array().expect("a list");
    let all: Vec<_> = list.iter().map(|it| it["number"].clone()).collect();
    let that = |flag: &str| list.iter().find(|it| it[flag] == true).map(|it| it["number"].clone());
    json!([all, that("current"), that("boots")])
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_rollback_brings_back_what_was_applied_before_without_nix() {
    let lab = Lab::empty();
    lab.switch(&version("v1"));
    let switched = lab.switch(&version("v2"));
    says(&lab, "v2");
    assert_eq!(numbers(&lab), json!([[1, 2], 2, 2]));
    let list: Value = serde_json::from_str(&lab.sh("container-rebuild generations --json").ok()).expect("JSON");
    assert_eq!(list["generations"][1]["source"], "/root/host.nix");
    assert!(
        list["generations"][0]["containers"]["hot"]["system"].as_str().expect("a path").starts_with("/nix/store")
    );

    // The collector takes nothing that can be gone back to, or that runs.
    lab.sh("nix-collect-garbage -d").ok();
    let asked = lab.sh("container-rebuild rollback");
    assert!(asked.code == 1 && asked.out.contains("hot: restart"), "{asked:#?}");
    lab.sh("container-rebuild rollback --yes").ok();
    says(&lab, "v1");
    let after = lab.observe();
    assert!(switched.after.kept(&after, "mild"), "the other one is undisturbed");
    let more = &after.nix_calls[switched.after.nix_calls.len()..];
    assert!(more.iter().all(|call| call.contains("nix-collect-garbage")), "no evaluation, no build: {more:#?}");
    assert_eq!(numbers(&lab), json!([[1, 2], 1, 1]));
    assert_eq!(lab.plan().1, 2, "the configuration is still the other one");
    lab.sh("nix-collect-garbage -d; container-rebuild rollback --yes 2").ok();
    says(&lab, "v2");
    assert_eq!(lab.plan().1, 0);
    let said = lab.sh("container-rebuild rollback --yes 7");
    assert!(said.code == 1 && said.err.contains("there is no generation 7"), "{said:#?}");
    lab.sh("echo '{' >/var/lib/container-rebuild/generations/1.json").ok();
    let list = lab.sh("container-rebuild generations").ok();
    assert!(list.contains("damaged") && list.contains("current, boots next"), "{list}");
    let said = lab.sh("container-rebuild rollback --yes 1");
    assert!(said.code == 1 && said.err.contains("generation 1 is damaged"), "{said:#?}");
    says(&lab, "v2");
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_test_ends_with_a_reboot_and_boot_begins_with_one() {
    let lab = Lab::empty();
    let said = lab.sh("echo '{ }' >/root/host.nix; container-rebuild boot /root/host.nix");
    assert!(said.code == 1 && said.err.contains("will NOT start at next boot"), "{said:#?}");
    lab.sh("container-rebuild install-boot").ok();
    lab.switch(&version("v1"));
    lab.write("/root/host.nix", &version("v2"));
    lab.sh("container-rebuild test --yes /root/host.nix").ok();
    says(&lab, "v2");
    assert_eq!((numbers(&lab), lab.plan().1), (json!([[1, 2], 2, 1]), 0));
    let said = lab.sh("container-rebuild status");
    assert!(!said.out.contains("drift"), "what is tested is no drift: {said:#?}");
    lab.reboot();
    says(&lab, "v1");
    assert_eq!(numbers(&lab), json!([[1, 2], 1, 1]));

    lab.write("/root/host.nix", &version("v3"));
    let before = lab.observe();
    lab.sh("container-rebuild boot /root/host.nix").ok();
    let after = lab.observe();
    assert!(before.kept(&after, "hot") && before.kept(&after, "mild"), "nothing changes now");
    assert_eq!(numbers(&lab), json!([[1, 2, 3], 1, 3]));
    let said = lab.sh("container-rebuild status");
    assert!(!said.out.contains("drift"), "{said:#?}");
    lab.sh("nix-collect-garbage -d").ok();
    lab.power_failure();
    says(&lab, "v3");
    assert_eq!((numbers(&lab), lab.plan().1), (json!([[1, 2, 3], 3, 3]), 0));
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn what_nobody_confirms_is_taken_back_also_without_its_terminal() {
    let lab = Lab::empty();
    lab.switch(&version("v1"));
    lab.write("/root/host.nix", &version("v2"));
    let before = lab.observe();
    let switch = "container-rebuild switch --yes --confirm";
    let said = lab.sh(&format!("{switch} 1 /root/host.nix"));
    assert!(said.code == 1 && said.err.contains("was not confirmed: went back to generation 1"), "{said:#?}");
    says(&lab, "v1");
    assert!(before.kept(&lab.observe(), "mild"));
    assert_eq!(numbers(&lab), json!([[1, 2], 1, 1]));

    // The session is lost while it waits.
    let waits = "for i in {1..600}; do [[ -e /run/container-rebuild/unconfirmed ]] && break; sleep 0.05; done; \
                 [[ -e /run/container-rebuild/unconfirmed ]]";
    let said = lab.exec(
        &["bash", "-c", &format!("set -m; {switch} 2 /root/host.nix & pid=$!; {waits}; kill -HUP $pid; wait $pid")],
        b"",
    );
    assert_eq!(said.code, 1, "{said:#?}");
    says(&lab, "v1");
    // Ctrl-C is a no.
    let said = lab.exec(
        &[
            "bash",
            "-c",
            &format!("set -m; {switch} 600 /root/host.nix & pid=$!; {waits}; kill -INT $pid; wait $pid"),
        ],
        b"",
    );
    assert!(said.code == 130 && said.err.contains("went back to generation 1"), "{said:#?}");
    says(&lab, "v1");
    let said = lab.sh("container-rebuild confirm");
    assert!(said.code == 1 && said.err.contains("nothing waits to be confirmed"), "{said:#?}");
    // The terminal is asked.
    lab.write("/root/answer.py", ANSWER);
    let said = lab.sh(&format!("python3 /root/answer.py n {switch} 600 /root/host.nix"));
    assert!(said.code == 1 && said.err.contains("went back to generation 1"), "{said:#?}");
    says(&lab, "v1");
    lab.sh(&format!("python3 /root/answer.py y {switch} 600 /root/host.nix")).ok();
    says(&lab, "v2");
    lab.sh("container-rebuild rollback --yes 1; rm /root/answer.py").ok();

    // Another session confirms; meanwhile nobody else may change the host, unless it waits.
    let script = format!(
        "{switch} 600 /root/host.nix & pid=$!; {waits}; \
         container-rebuild switch --yes /root/host.nix && exit 9; \
         container-rebuild switch --wait --yes /root/host.nix & other=$!; \
         container-rebuild confirm; wait $pid && wait $other"
    );
    let said = lab.sh(&script);
    assert!(said.code == 0 && said.err.contains("--wait"), "{said:#?}");
    says(&lab, "v2");
    let [_, current, boots] = numbers(&lab).as_array().expect("three").clone().try_into().expect("three");
    assert_eq!(current, boots);
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_killed_switch_that_was_not_confirmed_ends_with_a_reboot() {
    let lab = Lab::empty();
    lab.sh("container-rebuild install-boot").ok();
    lab.switch(&version("v1"));
    lab.write("/root/host.nix", &version("v2"));
    lab.sh("container-rebuild switch --yes --confirm 600 /root/host.nix & pid=$!; \
         for i in {1..600}; do [[ -e /run/container-rebuild/unconfirmed ]] && break; sleep 0.05; done; \
         kill -KILL $pid; wait $pid || true")
        .ok();
    says(&lab, "v2");
    let said = lab.sh("container-rebuild confirm");
    assert!(said.code == 1 && said.err.contains("nothing waits to be confirmed"), "{said:#?}");
    lab.reboot();
    says(&lab, "v1");
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn systemd_goes_back_if_the_process_that_waits_for_the_confirmation_is_killed() {
    let lab = Lab::empty();
    lab.switch(&version("v1"));
    lab.write("/root/host.nix", &version("v2"));
    let killed = "container-rebuild switch --yes --confirm 600 /root/host.nix & pid=$!; \
         for i in {1..600}; do [[ -e /run/container-rebuild/unconfirmed ]] && break; sleep 0.05; done; \
         kill -KILL $pid; wait $pid || true";
    lab.sh(killed).ok();
    says(&lab, "v2");
    // What the timer would start.
    let start = lab.sh("systemctl is-active --quiet container-rebuild-undo.timer && systemctl start --wait container-rebuild-undo.service");
    start.ok();
    says(&lab, "v1");
    assert_eq!(numbers(&lab), json!([[1, 2], 1, 1]));
    // Another switch is another decision.
    lab.sh("systemctl stop container-rebuild-undo.timer").ok();
    lab.sh(killed).ok();
    lab.sh("container-rebuild test --yes /root/host.nix; container-rebuild switch --yes /root/host.nix").ok();
    says(&lab, "v2");
    assert_ne!(lab.sh("systemctl is-active container-rebuild-undo.timer").code, 0, "it was cancelled");
    // So is a confirmation.
    let confirmed = "container-rebuild switch --yes --confirm 600 /root/host.nix & pid=$!; \
         for i in {1..600}; do [[ -e /run/container-rebuild/unconfirmed ]] && break; sleep 0.05; done; \
         container-rebuild confirm; wait $pid";
    lab.write("/root/host.nix", &version("v3"));
    lab.sh(confirmed).ok();
    says(&lab, "v3");
    assert_ne!(lab.sh("systemctl is-active container-rebuild-undo.timer").code, 0, "it was cancelled");
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn what_a_removed_container_kept_is_purged_on_request_alone() {
    let lab = Lab::empty();
    let kept = with(&web("hot", 12), "ephemeral = true; ", "");
    lab.switch(&host(&[&kept, &web("mild", 13)]));
    lab.sh("container-rebuild run hot -- sh -c 'mkdir -p /var/lib/x && echo data >/var/lib/x/data'").ok();
    let said = lab.sh("container-rebuild purge --yes hot");
    assert!(said.code == 1 && said.err.contains("`hot` is still configured"), "{said:#?}");
    lab.switch(&host(&[&web("mild", 13)]));
    lab.sh("mkdir /srv/precious && echo precious >/srv/precious/x").ok();
    lab.sh("mkdir /var/lib/nixos-containers/hot/precious && mount --bind /srv/precious /var/lib/nixos-containers/hot/precious").ok();
    let asked = lab.sh("container-rebuild purge hot");
    let shown =
        asked.err.contains("/var/lib/nixos-containers/hot") && asked.err.contains("a rollback to generation 1");
    assert!(asked.code == 1 && shown, "{asked:#?}");
    assert_eq!(lab.sh("cat /var/lib/nixos-containers/hot/var/lib/x/data").ok(), "data\n");
    let said = lab.sh("container-rebuild purge --yes hot");
    assert!(said.code == 1 && said.err.contains("something is mounted there"), "{said:#?}");
    assert_eq!(lab.sh("cat /srv/precious/x").ok(), "precious\n");
    lab.sh("umount /var/lib/nixos-containers/hot/precious").ok();
    lab.sh("container-rebuild purge --yes hot").ok();
    lab.sh("[[ ! -e /var/lib/nixos-containers/hot ]]").ok();
    let said = lab.sh("container-rebuild purge --yes hot");
    assert!(said.code == 1 && said.err.contains("`hot` has kept nothing"), "{said:#?}");
    // One that the host has by other means is not ours to purge.
    lab.sh(
        "mkdir -p /var/lib/nixos-containers/byhand && echo PRIVATE_NETWORK=0 >/etc/nixos-containers/byhand.conf",
    )
    .ok();
    let said = lab.sh("container-rebuild purge --yes byhand");
    assert!(said.code == 1 && said.err.contains("`byhand` belongs to somebody else"), "{said:#?}");
    lab.sh("rm -r /srv/precious /var/lib/nixos-containers/byhand /etc/nixos-containers/byhand.conf").ok();
    lab.finish();
}
