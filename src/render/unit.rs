//! Writes the unit `container@NAME.service` of each container, with the properties that NixOS gives it.
//!
//! Its process is systemd-nspawn: our own program prepares the root, the namespace and the interfaces, and then becomes
//! nspawn by execve(2). So the main PID, the notification socket and the exit status are nspawn's.
//!
//! There is no `[Install]` section: the boot generation decides what starts at boot, not symlinks to units below
//! `/run`, which are gone after a reboot.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::PathBuf;

use super::paths;
use crate::model::ContainerName;
use crate::model::spec::{ContainerSpec, Credential, Network, UnitSettings};

/// The first line of every unit that this program writes; a unit without it is not ours.
pub(crate) const HEADER: &str = "# Written by container-rebuild. Changes made here are lost.";

/// The line by which our NixOS module marks the units that it declares for containers. The other lines of such a unit are the
/// host's to choose; ours are in a drop-in.
pub(crate) const HOOK_MARK: &str = "X-ContainerRebuild=hook";

/// Whether a unit is one that our NixOS module declares.
pub(crate) fn is_of_hook(text: &str) -> bool {
    text.lines().any(|line| line == HOOK_MARK)
}

/// The unit `text` as a drop-in for the one that our NixOS module declares, whose command lines it replaces.
pub(crate) fn drop_in(text: &str) -> String {
    // systemd adds command lines to those that it has read before, unless an empty one comes first.
    ["ExecStart=", "ExecStopPost="].iter().fold(text.to_owned(), |text, setting| {
        text.replace(&format!("\n{setting}"), &format!("\n{setting}\n{setting}"))
    })
}

/// The text of the unit.
pub(crate) fn text(spec: &ContainerSpec) -> String {
    with_program(spec, paths::PROGRAM)
}

/// The text of the unit, with `program` as it stands in the command lines, quoted and escaped.
fn with_program(spec: &ContainerSpec, program: &str) -> String {
    let name = &spec.name;
    let mut unit = format!("{HEADER}\n\n[Unit]\nDescription=Container '{name}'\n");
    let mut line = |text: &str| writeln!(unit, "{text}").expect("writing to a string does not fail");

    let mounts = mounts(spec);
    if !mounts.is_empty() {
        line(&format!("RequiresMountsFor={}", mounts.join(" ")));
    }
    if spec.auto_start {
        line("Wants=network.target");
        line("After=network.target");
    }
    let UnitSettings { after, requires, after_units, requires_units, wants_units, resources } = &spec.unit;
    let units = |containers: &BTreeSet<ContainerName>, others: &[&Vec<String>]| {
        let containers = containers.iter().map(ContainerName::unit);
        let others = others.iter().copied().flatten().map(|unit| word(unit));
        containers.chain(others).collect::<Vec<_>>().join(" ")
    };
    for (setting, units) in [
        ("Wants", units(const { &BTreeSet::new() }, &[wants_units])),
        ("Requires", units(requires, &[requires_units])),
        ("After", units(after, &[after_units, requires_units])),
    ] {
        if !units.is_empty() {
            line(&format!("{setting}={units}"));
        }
    }

    line("\n[Service]");
    line("Type=notify");
    line("NotifyAccess=main");
    line("Environment=SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1");
    line(&format!("ExecStart={program} internal launch {name}"));
    line(&format!("ExecStopPost={program} internal cleanup {name}"));
    line(&format!("SyslogIdentifier=container {name}"));
    // No RuntimeDirectory=, though NixOS has one: systemd would empty whatever is mounted there.
    line("Restart=on-failure");
    // nspawn exits with 133 if the guest asked for a reboot.
    line("RestartForceExitStatus=133");
    line("SuccessExitStatus=133");
    line(&format!("TimeoutStartSec={}", spec.timeout_start.replace('%', "%%")));
    line("Slice=machine.slice");
    line("Delegate=yes");
    line("KillMode=mixed");
    line("KillSignal=TERM");
    // "closed" includes what nspawn itself needs (the pseudo devices, ptmx and the pts). The rest of the list in
    // systemd-nspawn@.service is for disk images, which our guests never get, and for /dev/net/tun.
    line("DevicePolicy=closed");
    for device in &spec.devices {
        let allowed = format!("{} {}", device.node, device.modifier);
        line(&format!("DeviceAllow={}", allowed.replace('%', "%%")));
    }
    // nspawn always passes tun on to a guest with user and network namespaces, and fails if it may not.
    if spec.tun || (spec.users.are_private() && matches!(spec.network, Network::Private(_))) {
        line("DeviceAllow=/dev/net/tun rwm");
    }
    for Credential { name, source, encrypted } in &spec.credentials {
        let setting = if *encrypted { "LoadCredentialEncrypted" } else { "LoadCredential" };
        line(&format!("{setting}={name}:{}", source.display().to_string().replace('%', "%%")));
    }
    for (setting, values) in resources {
        for value in values {
            line(&format!("{setting}={value}"));
        }
    }
    unit
}

/// How a unit's text compares with what we would write for its container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Likeness {
    /// They are the same.
    Same,
    /// It calls another program, as units of former versions did, and is the same otherwise.
    OtherProgram,
    /// It differs in another way.
    Different,
}

/// Compares `text` with the unit of `spec`.
pub(crate) fn compare(text: &str, spec: &ContainerSpec) -> Likeness {
    let launch = format!(" internal launch {}", spec.name);
    let program = text.lines().find_map(|line| line.strip_prefix("ExecStart=")?.strip_suffix(&launch));
    match program {
        Some(program) if text != with_program(spec, program) => Likeness::Different,
        Some(paths::PROGRAM) => Likeness::Same,
        Some(_) => Likeness::OtherProgram,
        None => Likeness::Different,
    }
}

/// The program that a unit runs, according to the last `ExecStart=` in its text; `None` if it has no such line.
pub(crate) fn program(text: &str) -> Option<PathBuf> {
    let command = text.lines().filter_map(|line| line.strip_prefix("ExecStart=")).rfind(|line| !line.is_empty())?;
    // Prefixes that systemd interprets (systemd.service(5), *Command lines*).
    let command = command.trim_start_matches(['@', '-', ':', '+', '!', '|']);
    let (quote, rest) = match command.strip_prefix('"') {
        Some(rest) => (true, rest),
        None => (false, command),
    };
    let mut path = String::new();
    let mut letters = rest.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quote => break,
            ' ' | '\t' if !quote => break,
            '\\' | '%' | '$' => path.extend(letters.next()),
            letter => path.push(letter),
        }
    }
    Some(path.into())
}

/// The paths whose file systems must be mounted first, in the order in which they are used.
fn mounts(spec: &ContainerSpec) -> Vec<String> {
    let root = paths::root(&spec.name).to_string_lossy().into_owned();
    let root = (!spec.ephemeral).then_some(root);
    let hosts = spec.binds.iter().map(|bind| bind.host.clone());
    // The setting cannot escape a line break. A path with one is left out, since it would end the line and start
    // another setting.
    root.into_iter().chain(hosts).filter(|path| !path.contains(char::is_control)).map(|path| word(&path)).collect()
}

/// Quotes a word of a list setting (systemd.syntax(7), *Quoting*) and escapes specifiers.
fn word(text: &str) -> String {
    let escaped = text.replace('%', "%%").replace('\\', r"\\").replace('"', "\\\"");
    let plain =
        !escaped.is_empty() && !escaped.contains(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '\\'));
    if plain { escaped } else { format!("\"{escaped}\"") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::spec::{Device, Users};
    use crate::render::nspawn::tests::{bind, wasabi};

    #[test]
    fn an_ephemeral_container_that_starts_with_the_host() {
        insta::assert_snapshot!(text(&wasabi()), @r#"
        # Written by container-rebuild. Changes made here are lost.

        [Unit]
        Description=Container 'wasabi'
        RequiresMountsFor=/mnt/wasabiData/ /a:b
        Wants=network.target
        After=network.target

        [Service]
        Type=notify
        NotifyAccess=main
        Environment=SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1
        ExecStart=/var/lib/container-rebuild/bin/container-rebuild internal launch wasabi
        ExecStopPost=/var/lib/container-rebuild/bin/container-rebuild internal cleanup wasabi
        SyslogIdentifier=container wasabi
        Restart=on-failure
        RestartForceExitStatus=133
        SuccessExitStatus=133
        TimeoutStartSec=1min
        Slice=machine.slice
        Delegate=yes
        KillMode=mixed
        KillSignal=TERM
        DevicePolicy=closed
        "#);
    }

    #[test]
    fn a_drop_in_replaces_the_command_lines() {
        let (unit, drop_in) = (text(&wasabi()), drop_in(&text(&wasabi())));
        let added: Vec<&str> = drop_in.lines().filter(|line| !unit.lines().any(|it| it == *line)).collect();
        assert_eq!(added, ["ExecStart=", "ExecStopPost="]);
        assert!(drop_in.contains("\nExecStart=\nExecStart=/"), "{drop_in}");
        assert!(is_of_hook("[Unit]\nX-ContainerRebuild=hook\n") && !is_of_hook(&unit));
    }

    #[test]
    fn devices_are_let_through_by_name() {
        let fuse = Device { node: "/dev/fuse".to_owned(), modifier: "rw".to_owned() };
        let unit = text(&ContainerSpec { devices: vec![fuse], tun: true, ..wasabi() });
        let expected = "DevicePolicy=closed\nDeviceAllow=/dev/fuse rw\nDeviceAllow=/dev/net/tun rwm\n";
        assert!(unit.ends_with(expected), "{unit}");
        let unit = text(&ContainerSpec { users: Users::Given(65536), ..wasabi() });
        assert!(unit.ends_with("DevicePolicy=closed\nDeviceAllow=/dev/net/tun rwm\n"), "{unit}");
    }

    #[test]
    fn limits_and_order_are_written_as_systemd_names_them() {
        let name = |name: &str| ContainerName::new(name).expect("a good name");
        let settings = UnitSettings {
            after: [name("db"), name("files")].into(),
            requires: [name("db")].into(),
            after_units: vec!["local-fs.target".to_owned()],
            requires_units: vec!["postgresql.service".to_owned()],
            wants_units: vec!["cache.service".to_owned()],
            resources: [
                ("IOWeight".to_owned(), vec!["50".to_owned()]),
                ("IODeviceWeight".to_owned(), vec!["/dev/sda 5".to_owned(), "/srv 10".to_owned()]),
                ("MemoryMax".to_owned(), vec!["50%".to_owned()]),
            ]
            .into(),
        };
        let unit = text(&ContainerSpec { unit: settings, ..wasabi() });
        let order = "After=network.target\nWants=cache.service\nRequires=container@db.service postgresql.service\nAfter=container@db.service \
                     container@files.service local-fs.target postgresql.service\n\n[Service]\n";
        assert!(unit.contains(order), "{unit}");
        let limits = "\nIODeviceWeight=/dev/sda 5\nIODeviceWeight=/srv 10\nIOWeight=50\nMemoryMax=50%\n";
        assert!(unit.ends_with(limits), "{unit}");
    }

    #[test]
    fn credentials_are_loaded_by_systemd() {
        let credential = |name: &str, source: &str, encrypted| Credential {
            name: name.to_owned(),
            source: source.into(),
            encrypted,
        };
        let credentials =
            vec![credential("key", "/run/keys/100% mine", false), credential("token", "/etc/token.cred", true)];
        let unit = text(&ContainerSpec { credentials, ..wasabi() });
        let lines = "\nLoadCredential=key:/run/keys/100%% mine\nLoadCredentialEncrypted=token:/etc/token.cred\n";
        assert!(unit.contains(lines), "{unit}");
    }

    #[test]
    fn paths_survive_systemds_quoting() {
        let table = [
            ("/plain", "/plain"),
            ("/with space", "\"/with space\""),
            ("/per%cent", "/per%%cent"),
            ("/quo\"te", "\"/quo\\\"te\""),
            ("/it's", "\"/it's\""),
            (r"/back\slash", r#""/back\\slash""#),
        ];
        for (path, shown) in table {
            assert_eq!(word(path), shown, "{path}");
        }
    }

    #[test]
    fn a_unit_of_a_former_version_is_told_from_one_that_somebody_changed() {
        let (spec, unit) = (wasabi(), text(&wasabi()));
        let moved = unit.replace(paths::PROGRAM, "/opt/a/container-rebuild");
        let half = unit.replacen(paths::PROGRAM, "/opt/a/container-rebuild", 1);
        assert_eq!(compare(&unit, &spec), Likeness::Same);
        assert_eq!(compare(&moved, &spec), Likeness::OtherProgram);
        for other in [&half, &format!("{unit}Nice=5\n"), &format!("{moved}Nice=5\n"), ""] {
            assert_eq!(compare(other, &spec), Likeness::Different, "{other}");
        }
        assert_eq!(program(&moved), Some("/opt/a/container-rebuild".into()));
    }

    #[test]
    fn the_program_of_a_unit_is_read_as_systemd_reads_it() {
        let table = [
            ("ExecStart=/a/b internal boot", Some("/a/b")),
            ("ExecStart=/a/b", Some("/a/b")),
            ("ExecStart=\"/with space/b\" internal boot", Some("/with space/b")),
            (r#"ExecStart="/quo\"te" x"#, Some("/quo\"te")),
            ("ExecStart=-@/per%%cent/a$$b x", Some("/per%cent/a$b")),
            ("ExecStart=/first\n[Service]\nExecStart=\nExecStart=/drop-in x", Some("/drop-in")),
            ("[Service]", None),
            ("ExecStart=", None),
        ];
        for (text, path) in table {
            assert_eq!(program(text), path.map(PathBuf::from), "{text}");
        }
    }

    #[test]
    fn a_line_break_in_a_path_adds_no_setting() {
        let mut spec = wasabi();
        spec.binds = vec![bind("/a\nExecStartPre=/evil", "/m", true)];
        assert!(!text(&spec).contains("evil"));
    }

    #[test]
    fn only_a_root_that_is_kept_has_to_be_mounted() {
        let unit = text(&ContainerSpec { ephemeral: false, ..wasabi() });
        assert!(
            unit.contains("RequiresMountsFor=/var/lib/nixos-containers/wasabi /mnt/wasabiData/ /a:b\n"),
            "{unit}"
        );
    }
}
