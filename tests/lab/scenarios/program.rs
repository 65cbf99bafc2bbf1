//! The program is moved, upgraded or removed: units can still call it, at each restart and each boot.

use crate::support::{EXAMPLE, Lab, PAGE, host, web};

/// The first process of a running container.
fn leader(lab: &Lab) -> u32 {
    lab.observe().machines["wasabi"].leader
}

/// The boot service's journal since the host booted.
fn boot_journal(lab: &Lab) -> String {
    lab.sh("journalctl --boot --unit container-rebuild.service --output cat").ok()
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_program_that_was_removed_or_upgraded_is_not_missed() {
    let lab = Lab::empty();
    lab.sh("mkdir -p /mnt/wasabiData /opt/a /opt/b && cp /usr/local/bin/container-rebuild /opt/a").ok();
    lab.write("/root/host.nix", EXAMPLE);
    let said =
        lab.sh("/opt/a/container-rebuild switch --yes /root/host.nix && /opt/a/container-rebuild install-boot");
    assert_eq!(said.code, 0, "{said:#?}");
    lab.sh("rm -r /opt/a && systemctl restart container@wasabi").ok();
    assert_eq!(lab.page("http://192.168.100.11/"), PAGE);
    // The same program at another path is no change.
    assert_eq!(lab.plan().1, 0);

    // A different program is reported, and installed without disturbing guests.
    lab.sh("cp /usr/local/bin/container-rebuild /opt/b && echo >>/opt/b/container-rebuild").ok();
    let before = leader(&lab);
    let plan = "/opt/b/container-rebuild plan --detailed-exitcode /root/host.nix";
    let said = lab.sh(plan);
    let line = "the program that units call is renewed (0.1.0, /opt/b/container-rebuild)";
    assert!(said.code == 2 && said.out.contains(line), "{said:#?}");
    let said = lab.sh("/opt/b/container-rebuild switch --yes /root/host.nix");
    assert!(said.code == 0 && said.err.contains(line), "{said:#?}");
    assert_eq!(lab.sh(plan).code, 0);
    assert_eq!(leader(&lab), before);
    lab.sh("cmp /opt/b/container-rebuild /var/lib/container-rebuild/bin/container-rebuild && rm -r /opt/b").ok();

    lab.reboot();
    assert_eq!(lab.lan_page("http://10.77.0.2:8080/"), PAGE);
    let journal = boot_journal(&lab);
    assert!(!journal.contains("drift") && !journal.contains("note["), "nothing drifted: {journal}");
    let status = lab.sh("container-rebuild status --json").ok();
    let status: serde_json::Value = serde_json::from_str(&status).expect("JSON");
    assert_eq!(status["containers"][0]["drift"], serde_json::json!([]));
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_program_in_the_store_is_linked_and_held_and_a_former_one_let_go() {
    let lab = Lab::empty();
    lab.sh("mkdir /mnt/wasabiData").ok();
    lab.write("/root/host.nix", EXAMPLE);
    let add = |version: &str| {
        let script = format!(
            "dir=$(mktemp -d)/container-rebuild-{version} && mkdir -p $dir/bin && cp /usr/local/bin/container-rebuild $dir/bin && \
             echo {version} >>$dir/bin/container-rebuild && nix-store --add $dir && rm -r $dir"
        );
        lab.sh(&script).ok().trim().to_owned()
    };
    let leads_to = |path: &str| {
        let program = format!("{path}/bin/container-rebuild\n");
        assert_eq!(lab.sh("readlink /var/lib/container-rebuild/bin/container-rebuild").ok(), program);
        assert_eq!(lab.sh("readlink /nix/var/nix/gcroots/container-rebuild/container-rebuild").ok(), program);
        assert_ne!(lab.sh(&format!("nix-store --delete {path}")).code, 0, "nothing holds it");
    };
    let (old, new) = (add("1"), add("2"));
    lab.sh(&format!("{old}/bin/container-rebuild switch --yes /root/host.nix")).ok();
    leads_to(&old);
    let before = leader(&lab);
    let said = lab.sh(&format!("{new}/bin/container-rebuild switch --yes /root/host.nix"));
    assert!(said.code == 0 && said.out.contains(&format!("{new}/bin/container-rebuild)")), "{said:#?}");
    leads_to(&new);
    assert_eq!(leader(&lab), before);
    lab.sh(&format!("nix-store --delete {old} && systemctl restart container@wasabi")).ok();
    assert_eq!(lab.page("http://192.168.100.11/"), PAGE);
    assert_eq!(lab.sh(&format!("{new}/bin/container-rebuild plan --detailed-exitcode /root/host.nix")).code, 0);
    // From then on, a program outside the store is copied, and no store path is held for it.
    lab.switch(EXAMPLE);
    lab.sh(&format!("nix-store --delete {new} && systemctl restart container@wasabi")).ok();
    assert_eq!(lab.page("http://192.168.100.11/"), PAGE);
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn units_that_call_a_removed_program_are_put_right_without_a_restart() {
    let lab = Lab::empty();
    lab.sh("mkdir /mnt/wasabiData").ok();
    lab.switch(EXAMPLE);
    lab.sh("container-rebuild install-boot").ok();
    let units = "/run/systemd/system/container@wasabi.service /etc/systemd/system/container-rebuild.service";
    let damages = [
        // Previous versions wrote their own path into units.
        format!(
            "sed -i 's#^\\(ExecStart\\|ExecStopPost\\)=[^ ]*#\\1=/opt/a/container-rebuild#' {units}; systemctl daemon-reload"
        ),
        "rm -f /var/lib/container-rebuild/bin/container-rebuild".to_owned(),
        "chmod a-x /var/lib/container-rebuild/bin/container-rebuild".to_owned(),
    ];
    for damage in damages {
        lab.sh(&damage).ok();
        let before = leader(&lab);
        let status = lab.sh("container-rebuild status wasabi");
        assert!(status.out.contains("the program that its unit calls is missing or not executable"), "{status:#?}");
        assert!(
            status.err.contains("warning[no-boot-service]: the containers will NOT start at next boot"),
            "{status:#?}"
        );
        let applied = lab.switch(EXAMPLE);
        assert_eq!(applied.cost("wasabi"), "none");
        let said = &applied.said;
        assert!(said.err.contains("the program that its unit calls is missing or not executable"), "{said:#?}");
        assert!(
            said.err.contains("container-rebuild.service calls ") && said.err.contains("`switch` repairs it"),
            "{said:#?}"
        );
        assert!(!said.err.contains("warning[no-boot-service]"), "{said:#?}");
        assert_eq!(leader(&lab), before, "{damage}");
        lab.sh("systemctl restart container@wasabi").ok();
        assert_eq!(lab.page("http://192.168.100.11/"), PAGE);
    }
    lab.reboot();
    assert_eq!(lab.lan_page("http://10.77.0.2:8080/"), PAGE);
    // A manual start repairs the program too.
    lab.sh("systemctl stop container@wasabi && rm /var/lib/container-rebuild/bin/container-rebuild").ok();
    lab.sh("container-rebuild start wasabi").ok();
    assert_eq!(lab.page("http://192.168.100.11/"), PAGE);
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_host_that_executes_nothing_where_units_call_the_program_is_not_changed() {
    let lab = Lab::empty();
    lab.sh("mkdir -p /mnt/wasabiData /var/lib/container-rebuild && mount -t tmpfs -o noexec tmpfs /var/lib/container-rebuild").ok();
    lab.write("/root/host.nix", EXAMPLE);
    let why = "units cannot call this program at /var/lib/container-rebuild/bin/container-rebuild: \
               /var/lib/container-rebuild is mounted `noexec`";
    let said = lab.sh("container-rebuild plan /root/host.nix");
    assert!(said.code == 0 && said.err.contains(&format!("warning[host]: {why}")), "{said:#?}");
    let said = lab.sh("container-rebuild switch --yes /root/host.nix");
    assert!(said.code == 1 && said.err.contains(&format!("error[host]: {why}")), "{said:#?}");
    let world = lab.observe();
    assert!(world.is_empty(), "{:#?}", world.traces);
    lab.sh("umount /var/lib/container-rebuild").ok();
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_boot_that_leaves_a_container_down_fails_and_brings_up_the_others() {
    let lab = Lab::empty();
    let two = host(&[&web("sambal", 12), &web("terasi", 13)]);
    lab.switch(&two);
    lab.sh("container-rebuild install-boot").ok();
    // Before the next boot, nixos-rebuild creates a container of the same name, which is left alone.
    let native = "/etc/systemd/system/container@terasi.service";
    lab.write(native, "[Service]\nExecStart=/bin/sleep infinity\n");
    lab.reboot();
    assert_eq!(lab.sh("systemctl show --property Result --value container-rebuild").ok(), "exit-code\n");
    assert_eq!(lab.observe().running(), ["sambal"]);
    assert!(!lab.page("http://192.168.100.12/").is_empty());
    let journal = boot_journal(&lab);
    assert!(journal.contains("these containers did not start at boot: terasi"), "{journal}");
    lab.sh(&format!("rm {native} && systemctl daemon-reload && systemctl restart container-rebuild")).ok();
    assert_eq!(lab.observe().running(), ["sambal", "terasi"]);
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn where_units_are_part_of_the_system_the_boot_service_is_a_package_or_nothing_is_promised() {
    let lab = Lab::empty();
    lab.sh("mkdir /mnt/wasabiData").ok();
    lab.write("/root/host.nix", EXAMPLE);
    lab.sh("units=/etc/systemd/system; mount --bind $units $units && mount -o remount,bind,ro $units").ok();
    let profile = "/nix/var/nix/profiles/default";
    let list = format!("ls -d {profile}* 2>/dev/null || true; nix-env --profile {profile} --query --out-path");
    let before = lab.sh(&list).ok();

    // systemd does not read units from the profile: nothing is installed, and the message says what to do.
    let said = lab.sh("container-rebuild install-boot");
    assert!(said.code == 1 && said.err.contains("systemd.services.container-rebuild = {"), "{said:#?}");
    assert!(!said.err.contains("import the container-rebuild module"), "{said:#?}");
    let said = lab.sh("container-rebuild switch --yes /root/host.nix");
    assert!(said.code == 0 && said.err.contains("warning[no-boot-service]"), "{said:#?}");
    assert!(said.err.contains("systemd.services.container-rebuild = {"), "{said:#?}");
    assert!(!said.err.contains("install-boot"), "it cannot help: {said:#?}");
    assert_eq!(lab.sh(&list).ok(), before);

    // Now it does, as on NixOS; the profile contains something else.
    let other = "dir=$(mktemp -d)/other && mkdir -p $dir/bin && echo >$dir/bin/other && \
                 nix-env --profile /nix/var/nix/profiles/default --install $(nix-store --add $dir) 2>&1";
    lab.sh(&format!("mkdir -p /usr/local/lib/systemd && ln -s {profile}/lib/systemd/system /usr/local/lib/systemd/system && {other}")).ok();
    let said = lab.sh("container-rebuild switch --yes /root/host.nix");
    assert!(said.err.contains("run `container-rebuild install-boot`"), "{said:#?}");
    for _ in 0..2 {
        let said = lab.sh("container-rebuild install-boot");
        assert!(said.code == 0 && said.err.contains(profile), "{said:#?}");
        let installed = lab.sh(&format!("nix-env --profile {profile} --query")).ok();
        assert_eq!(installed, "container-rebuild-boot\nother\n");
    }
    assert!(
        lab.sh("systemctl show --property WantedBy --value container-rebuild").ok().contains("multi-user.target")
    );
    let said = lab.sh("container-rebuild switch --yes /root/host.nix");
    assert!(said.code == 0 && !said.err.contains("no-boot-service"), "{said:#?}");
    lab.reboot();
    assert_eq!(lab.lan_page("http://10.77.0.2:8080/"), PAGE);

    // nix-env cannot change a profile that `nix profile` made.
    let nix = "nix --extra-experimental-features 'nix-command flakes' profile";
    lab.sh("units=/etc/systemd/system; mount --bind $units $units && mount -o remount,bind,ro $units").ok();
    lab.sh(&format!(
        "rm {profile}* && dir=$(mktemp -d)/other && mkdir -p $dir/bin && echo >$dir/bin/other && \
                     {nix} install --profile {profile} $(nix-store --add $dir) && systemctl daemon-reload"
    ))
    .ok();
    for _ in 0..2 {
        let said = lab.sh("container-rebuild install-boot");
        assert!(said.code == 0 && said.err.contains(profile), "{said:#?}");
        lab.sh(&format!(
            "[[ -e {profile}/bin/other && -e {profile}/lib/systemd/system/container-rebuild.service ]]"
        ))
        .ok();
    }
    lab.sh(&format!(
        "umount /etc/systemd/system; rm /usr/local/lib/systemd/system {profile}*; systemctl daemon-reload"
    ))
    .ok();
    lab.finish();
}
