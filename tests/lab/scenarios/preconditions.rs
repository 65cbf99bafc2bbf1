//! Missing preconditions of a switch: all are reported together, before anything is built or stopped.

use crate::support::{Lab, host, web, with};

/// Two running containers, and a change to one of them that needs a build and a restart.
fn versions() -> (String, String) {
    let forwarded = |name: &str, last: u8, port: u16| {
        let forward = format!("forwardPorts = [ {{ hostPort = {port}; containerPort = 80; }} ]; config =");
        with(&web(name, last), "config =", &forward)
    };
    let (one, two) = (forwarded("one", 11, 8080), forwarded("two", 12, 8081));
    (host(&[&one, &two]), host(&[&with(&one, "one@example.org", "other@example.org"), &two]))
}

/// Fills a directory's file system to the last byte, keeping its contents.
fn full(directory: &str) -> String {
    format!(
        "cp -a {directory} /root/copy && room=$(( $(du -s --block-size=1k {directory} | cut -f1) + 64 )) \
         && mount -t tmpfs -o size=${{room}}k tmpfs {directory} && cp -a /root/copy/. {directory} \
         && rm -r /root/copy && (cat /dev/zero >{directory}/filler || true) 2>/dev/null"
    )
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn what_is_missing_is_said_before_the_first_build_and_the_first_stop() {
    let lab = Lab::empty();
    let (before, after) = versions();
    lab.switch(&before);
    lab.write("/root/host.nix", &after);
    lab.sh("mkdir -p /root/bin && ln -s /usr/bin/nix* /usr/bin/git /root/bin/").ok();
    let switch = "container-rebuild switch --yes /root/host.nix";
    let state = "/var/lib/container-rebuild";
    let read_only = |path: &str| {
        (format!("mount --bind {path} {path} && mount -o remount,bind,ro {path}"), format!("umount {path}"))
    };
    let masked = |path: &str| (format!("mount --bind /dev/null {path}"), format!("umount {path}"));
    let bind = with(&after, "one = {", "one = { bindMounts.\"/data\".hostPath = \"/mnt/not-there\";");
    /// The problem, the scripts that cause and end it, the command, and the expected messages.
    type Case<'a> = (&'a str, (String, String), String, Vec<&'a str>);
    #[rustfmt::skip]
    let table: Vec<Case> = vec![
        ("PATH without nft", (String::new(), String::new()), format!("PATH=/root/bin /usr/local/bin/{switch}"),
            vec!["error[program]: nft is not installed, or not on PATH", "help: install nftables"]),
        ("no systemd-nspawn", masked("/usr/bin/systemd-nspawn"), switch.to_owned(),
            vec!["error[program]: systemd-nspawn is not installed", "the package systemd-container"]),
        ("a full state directory", (full(state), format!("umount {state}")), switch.to_owned(),
            vec!["/var/lib/container-rebuild/generations: No space left on device", "help: free space on"]),
        ("a read-only state directory", read_only(state), switch.to_owned(),
            vec!["/var/lib/container-rebuild/generations: Read-only file system", "help: remount its file system writable"]),
        ("full runtime directories", (full("/run/container-rebuild"), "umount /run/container-rebuild".to_owned()), switch.to_owned(),
            vec!["/run/container-rebuild/containers: No space left on device"]),
        ("read-only runtime directories", read_only("/run/container-rebuild"), switch.to_owned(),
            vec!["/run/container-rebuild/containers: Read-only file system"]),
        ("read-only units", read_only("/run/systemd/system"), switch.to_owned(),
            vec!["/run/systemd/system: Read-only file system"]),
        ("read-only roots", read_only("/nix/var/nix/gcroots"), switch.to_owned(),
            vec!["/nix/var/nix/gcroots/container-rebuild: Read-only file system"]),
        ("a missing hostPath", (String::new(), String::new()), format!("{} && {switch}", write(&bind)),
            vec!["/mnt/not-there does not exist, but is bind-mounted at /data", "mkdir -p /mnt/not-there"]),
        ("no system bus", ("mv /run/dbus/system_bus_socket /run/dbus/away".to_owned(), "mv /run/dbus/away /run/dbus/system_bus_socket".to_owned()),
            switch.to_owned(), vec!["error[not-observed]: cannot ask systemd over D-Bus", "help: start the system bus"]),
        ("no machined", ("systemctl stop systemd-machined; systemctl mask --quiet --runtime systemd-machined".to_owned(),
            "systemctl unmask --quiet --runtime systemd-machined".to_owned()),
            switch.to_owned(), vec!["cannot ask systemd-machined over D-Bus", "it comes with systemd-nspawn"]),
        ("a lock that is held", (String::new(), String::new()), format!("flock -n {state}/lock {switch}"),
            vec!["error[locked]: another container-rebuild", "help: wait until it has finished"]),
        ("no Nix", (String::new(), String::new()), format!("PATH=/root/none /usr/local/bin/{switch}"),
            vec!["error[program]: cannot run `nix`", "error[program]: nft is not installed", "help: install Nix"]),
        ("several of them", read_only(state), format!("{} && PATH=/root/bin /usr/local/bin/{switch}", write(&bind)),
            vec!["/var/lib/container-rebuild/generations: Read-only file system"]),
        ("several that leave the lock", read_only("/run/systemd/system"), format!("{} && PATH=/root/bin /usr/local/bin/{switch}", write(&bind)),
            vec!["error[program]: nft is not installed", "/mnt/not-there does not exist", "/run/systemd/system: Read-only file system"]),
    ];
    for (what, (damage, repair), switch, expected) in table {
        lab.write("/root/host.nix", &after);
        let was = lab.observe();
        lab.sh(&damage).ok();
        let said = lab.sh(&switch);
        lab.sh(&repair).ok();
        assert_eq!(said.code, 1, "{what}: {said:#?}");
        for text in expected {
            assert!(said.err.contains(text), "{what}: no {text:?} in {said:#?}");
        }
        assert!(!said.err.contains("may not be read as this user"), "{what}: {said:#?}");
        let is = lab.observe();
        let calls = &is.nix_calls[was.nix_calls.len()..];
        assert!(calls.is_empty(), "{what}: Nix was called: {calls:#?}");
        assert!(was.kept(&is, "one") && was.kept(&is, "two"), "{what}");
        assert_eq!(was.nft_generation, is.nft_generation, "{what}: the rules were replaced");
        assert_eq!(was.traces, is.traces, "{what}: something was left");
    }
    // Once everything is fixed, the switch works as if nothing had happened.
    lab.sh("rm -r /root/bin").ok();
    assert_eq!(lab.switch(&after).changed().into_iter().collect::<Vec<_>>(), ["one"]);
    lab.finish();
}

/// A script that writes the configuration.
fn write(configuration: &str) -> String {
    format!("cat >/root/host.nix <<'HOST'\n{configuration}\nHOST\ntrue")
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_missing_nft_is_said_as_that_and_not_as_a_missing_permission() {
    let lab = Lab::empty();
    let (before, _) = versions();
    lab.switch(&before);
    lab.sh("mkdir -p /root/bin && ln -s /usr/bin/nix* /usr/bin/git /root/bin/").ok();
    let said = lab.sh("PATH=/root/bin /usr/local/bin/container-rebuild plan /root/host.nix");
    assert_eq!(said.code, 0, "{said:#?}");
    assert!(said.err.contains("note[not-observed]: nft is not installed, or not on PATH"), "{said:#?}");
    assert!(said.err.contains("warning[program]: nft is not installed, or not on PATH"), "{said:#?}");
    assert!(!said.err.contains("as this user"), "{said:#?}");
    let said = lab.sh("PATH=/root/bin /usr/local/bin/container-rebuild check --host /root/host.nix");
    assert_eq!(said.code, 1, "{said:#?}");
    assert!(said.err.contains("error[program]: nft is not installed, or not on PATH"), "{said:#?}");
    let said = lab.exec(&["runuser", "-u", "admin", "--", "container-rebuild", "plan", "/root/host.nix"], b"");
    assert!(!said.err.contains("nft is not installed"), "{said:#?}");
    lab.sh("rm -r /root/bin").ok();
    lab.finish();
}
