//! Health checks: containers that count as up only if a port answers or a unit is active, and go back otherwise.

use crate::support::{CommandOutput, Lab, OWN_OPTIONS, host, web, with};

/// A host with these containers, each with its health check.
fn checked(containers: &[(&str, &str)]) -> String {
    let list: Vec<&str> = containers.iter().map(|(container, _)| *container).collect();
    let checks = containers.iter().map(|(container, check)| {
        let name = container.split(' ').next().expect("a name");
        format!("  services.container-rebuild.containers.{name}.healthCheck = {{ {check} }};\n")
    });
    with(&host(&list), "  networking.nat", &(checks.collect::<String>() + OWN_OPTIONS + "  networking.nat"))
}

fn kept(container: &str) -> String {
    with(container, "ephemeral = true;", "")
}

fn switch(lab: &Lab, text: &str) -> CommandOutput {
    lab.write("/root/host.nix", text);
    lab.sh("container-rebuild switch --yes --keep-going /root/host.nix")
}

fn serves(lab: &Lab, last: u8, who: &str) -> bool {
    lab.page(&format!("http://192.168.100.{last}/")).contains(&format!("{who}@"))
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn one_of_three_whose_port_never_answers_goes_back_and_the_others_stay() {
    let lab = Lab::empty();
    let port = "ports = [ 80 ]; timeoutSec = 4;";
    let private = with(&web("sambal", 12), "autoStart", "privateUsers = \"pick\"; autoStart");
    let (reloaded, restarted) = (kept(&web("tabasco", 13)), web("wasabi", 11));
    let all = |who: &str, tabasco: &str, wasabi: &str| {
        let changed = [&private, &reloaded, &restarted].map(|container| with(container, "one@", who));
        checked(&[(&changed[0], port), (&changed[1], tabasco), (&changed[2], wasabi)])
    };
    let said = switch(&lab, &all("one@", port, port));
    assert_eq!(said.code, 0, "{said:#?}");
    assert!(said.err.contains("wasabi: waiting for its health check"), "{said:#?}");
    assert_eq!(lab.plan().1, 0);

    // After a restart. Nobody listens on port 81.
    let nobody = "ports = [ 80 81 ]; timeoutSec = 4;";
    let before = lab.mark();
    let said = switch(&lab, &all("two@", port, nobody));
    assert_eq!(said.code, 1, "{said:#?}");
    assert!(
        said.err.contains("`wasabi` is not healthy after 4 s: nothing answers on 192.168.100.11:81"),
        "{said:#?}"
    );
    assert!(said.err.contains("wasabi: back in its former state"), "{said:#?}");
    assert!(serves(&lab, 11, "one") && serves(&lab, 12, "two") && serves(&lab, 13, "two"));
    assert!(before.kept(&lab.observe(), "tabasco"), "it was reloaded");
    // The next plan has that one only, and its check is as it was.
    let next = lab.plan().0;
    assert_eq!(
        (&next["changes"][0]["container"], next["changes"].as_array().map(Vec::len)),
        (&"wasabi".into(), Some(1))
    );

    // After a reload: it goes back without a restart.
    let before = lab.mark();
    let said = switch(&lab, &all("three@", nobody, port));
    assert_eq!(said.code, 1, "{said:#?}");
    assert!(
        said.err.contains("`tabasco` is not healthy after 4 s: nothing answers on 192.168.100.13:81"),
        "{said:#?}"
    );
    assert!(before.kept(&lab.observe(), "tabasco"));
    assert!(serves(&lab, 11, "three") && serves(&lab, 12, "three") && serves(&lab, 13, "two"));
    let said = switch(&lab, &all("three@", port, port));
    assert!(said.code == 0 && serves(&lab, 13, "three"), "{said:#?}");
    assert_eq!(lab.plan().1, 0);

    // A changed check alone costs nothing, and is not carried out.
    let before = lab.mark();
    let changed = lab.switch(&all("three@", nobody, port));
    assert_eq!(
        (changed.cost("tabasco"), &changed.change("tabasco")["actions"]),
        ("none", &serde_json::json!(["update-unit"]))
    );
    assert!(before.kept(&changed.after, "tabasco"));
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_unit_that_fails_ends_the_wait_and_the_error_has_the_guests_last_words() {
    let lab = Lab::empty();
    let unit = |script: &str| {
        let unit = format!(
            "systemd.services.moon = {{ wantedBy = [ \"multi-user.target\" ]; serviceConfig = {{ Type = \"oneshot\"; RemainAfterExit = true; ExecStart = \"/bin/sh -c '{script}'\"; }}; }};"
        );
        with(&web("wasabi", 11), "services.httpd.enable", &format!("{unit} services.httpd.enable"))
    };
    let check = "units = [ \"moon.service\" ]; ports = [ 80 ]; timeoutSec = 80;";
    let (good, bad) = (unit("true"), unit("echo the-moon-is-gone; exit 1"));
    // A new container that is not healthy is stopped.
    let said = switch(&lab, &checked(&[(&bad, check)]));
    let is_refused = |said: &CommandOutput| {
        assert_eq!(said.code, 1, "{said:#?}");
        let error =
            said.err.lines().find(|line| line.contains("`wasabi` is not healthy after")).unwrap_or_default();
        assert!(error.contains("moon.service is failed"), "{said:#?}");
        // The wait was not as long as it may be.
        let seconds = error.split("after ").nth(1).and_then(|rest| rest.split(' ').next()?.parse::<u32>().ok());
        assert!(seconds.is_some_and(|seconds| seconds < 40), "{error}");
        assert!(said.err.contains("its journal ends with:") && said.err.contains("the-moon-is-gone"), "{said:#?}");
    };
    is_refused(&said);
    assert!(lab.observe().machines.is_empty());
    // Both kinds of roots, by a restart and by a reload.
    let kinds: [fn(&str) -> String; 2] = [str::to_owned, kept];
    for kind in kinds {
        let said = switch(&lab, &checked(&[(&kind(&good), check)]));
        assert_eq!(said.code, 0, "{said:#?}");
        is_refused(&switch(&lab, &checked(&[(&with(&kind(&bad), "one@", "two@"), check)])));
        assert!(serves(&lab, 11, "one"));
        let state = lab.sh("container-rebuild run wasabi -- systemctl is-active moon.service").ok();
        assert_eq!(state, "active\n");
    }
    // A unit that the guest does not have.
    let none = checked(&[(&with(&kept(&good), "one@", "two@"), "units = [ \"sun.service\" ]; timeoutSec = 1;")]);
    let said = switch(&lab, &none);
    assert!(said.code == 1 && said.err.contains("after 1 s: sun.service is unknown to it"), "{said:#?}");
    assert!(serves(&lab, 11, "one"));
    lab.finish();
}
