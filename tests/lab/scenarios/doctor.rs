//! `doctor` says what is wrong with an installation, and what to do, and what it says helps.

use serde_json::Value;

use crate::support::{Lab, host, web, with};

/// Each check with its state.
fn checks(lab: &Lab) -> Vec<(String, String)> {
    let json: Value = serde_json::from_str(&lab.sh("container-rebuild doctor --json").out).expect("JSON");
    assert_eq!(json["format_version"], 1);
    let checks = json["checks"].as_array().expect("checks").iter();
    let text = |check: &Value, key: &str| check[key].as_str().expect("a text").to_owned();
    checks.map(|check| (text(check, "check"), text(check, "state"))).collect()
}

/// Those that are not ok.
fn wrong(lab: &Lab) -> Vec<String> {
    let wrong = checks(lab).into_iter().filter(|(_, state)| state != "ok");
    wrong.map(|(check, state)| format!("{check}: {state}")).collect()
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn an_installation_is_checked_and_what_helps_is_said() {
    let lab = Lab::empty();
    let forward = "forwardPorts = [ { hostPort = 8080; containerPort = 80; } ]; config =";
    let wasabi = with(&web("wasabi", 11), "config =", forward);
    lab.switch(&host(&[&wasabi]));
    assert_eq!(wrong(&lab), ["boot: warning"]);
    lab.sh("container-rebuild install-boot").ok();
    let said = lab.sh("container-rebuild doctor");
    assert!(said.code == 0 && said.err.is_empty() && wrong(&lab).is_empty(), "{said:#?}");

    // Somebody edits the unit where that outranks ours, loads rules that let nothing through, and removes the program.
    lab.sh("cp /run/systemd/system/container@wasabi.service /etc/systemd/system/ && systemctl daemon-reload && \
            nft add table inet theirs && \
            nft add chain inet theirs forward '{ type filter hook forward priority 0; policy drop; }' && \
            cp /var/lib/container-rebuild/bin/container-rebuild /root/program && \
            rm /var/lib/container-rebuild/bin/container-rebuild")
        .ok();
    let before = lab.observe();
    let said = lab.sh("/root/program doctor");
    assert_eq!(said.code, 1, "{said:#?}");
    for part in [
        "error[host]: /var/lib/container-rebuild/bin/container-rebuild is missing",
        "`wasabi`: a unit file in /etc/systemd/system overrides ours",
        "warning[forward-dropped]: ",
        "warning[no-boot-service]: the containers will NOT start at next boot",
    ] {
        assert!(said.err.contains(part), "{part}: {said:#?}");
    }
    assert!(before.kept(&lab.observe(), "wasabi"), "it changes nothing");
    lab.sh("rm /etc/systemd/system/container@wasabi.service && nft delete table inet theirs").ok();
    lab.switch(&host(&[&wasabi]));
    assert_eq!(wrong(&lab), [""; 0]);
    lab.finish();
}
