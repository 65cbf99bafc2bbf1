//! Changes to the host from outside: `plan` names them, and the next switch repairs them.

use std::collections::BTreeSet;

use crate::support::{Applied, EXAMPLE, Lab, PAGE, host, web, with};

#[test]
#[ignore = "needs a lab: make scenarios"]
fn each_kind_of_drift_is_named_and_put_right() {
    let lab = Lab::empty();
    lab.sh("mkdir /mnt/wasabiData").ok();
    lab.switch(EXAMPLE);
    #[rustfmt::skip]
    let table = [
        ("systemctl stop container@wasabi", "was stopped, although it starts by itself", "none"),
        ("nft delete element inet container-rebuild addr4 '{ tcp . 8080 }'", "rules differ from those last applied", "firewall"),
        ("nft delete table inet container-rebuild", "rules differ from those last applied", "firewall"),
        ("echo Nice=5 >>/run/systemd/system/container@wasabi.service; systemctl daemon-reload", "its unit file was changed or removed", "none"),
        ("chmod u+w /run/container-rebuild/conf/wasabi.conf; echo X=1 >>/run/container-rebuild/conf/wasabi.conf", "its .conf file was changed or removed", "none"),
        ("ip link set ve-wasabi down", "its interface on the host is down or has lost a route", "reload"),
        ("ip route del 192.168.100.11 dev ve-wasabi", "its interface on the host is down or has lost a route", "reload"),
        ("ip address add 192.168.100.77/32 dev ve-wasabi; ip address del 192.168.100.2/32 dev ve-wasabi", "\"192.168.100.77\" -> \"192.168.100.2\"", "reload"),
        ("ip link del ve-wasabi", "its interface on the host is gone", "restart"),
        ("ip link set ve-wasabi down; ip link set ve-wasabi name ve-moved; ip link set ve-moved up", "its interface on the host is gone", "restart"),
        ("rm /run/container-rebuild/booted/wasabi.json", "the record of what it runs with is missing or damaged", "restart"),
        ("sysctl --quiet net.ipv4.conf.all.forwarding=0", "+ sysctl net.ipv4.conf.all.forwarding = 1", "firewall"),
        ("sysctl --quiet net.ipv4.conf.ve-wasabi.route_localnet=0", "+ sysctl net.ipv4.conf.ve-wasabi.route_localnet = 1", "firewall"),
    ];
    for (meddling, named, cost) in table {
        lab.sh(meddling).ok();
        let repaired = lab.switch(EXAMPLE);
        let (out, err) = (&repaired.said.out, &repaired.said.err);
        assert!(out.contains(named) || err.contains(named), "{meddling}: {out}{err}");
        if cost == "firewall" {
            assert_eq!(repaired.plan["firewall"]["changed"], true, "{meddling}");
        } else {
            assert_eq!(repaired.cost("wasabi"), cost, "{meddling}");
        }
        assert_eq!(lab.page("http://192.168.100.11/"), PAGE, "{meddling}");
        assert_eq!(lab.lan_page("http://10.77.0.2:8080/"), PAGE, "{meddling}");
        assert_eq!(lab.page("http://127.0.0.1:8080/"), PAGE, "{meddling}");
        assert_eq!(lab.sh("ip link show ve-moved").code, 1, "{meddling}");
        let status = lab.sh("container-rebuild status --json").ok();
        let status: serde_json::Value = serde_json::from_str(&status).expect("JSON");
        assert_eq!(status["containers"][0]["drift"], serde_json::json!([]), "{meddling}");
    }
    lab.finish();
}

/// An editor replaces the file that it saves, which here is a symlink of ours.
#[test]
#[ignore = "needs a lab: make scenarios"]
fn an_edited_conf_is_kept_beside_ours_and_its_container_goes_on_and_boots() {
    let lab = Lab::empty();
    lab.sh("mkdir /mnt/wasabiData && container-rebuild install-boot").ok();
    lab.switch(EXAMPLE);
    let edit = |number: u8| {
        lab.sh(&format!("sed -i '1i EDITED={number}' /etc/nixos-containers/wasabi.conf && [[ ! -L /etc/nixos-containers/wasabi.conf ]]")).ok();
    };
    let is_linked =
        "[[ -L /etc/nixos-containers/wasabi.conf ]] && ! grep -q EDITED /etc/nixos-containers/wasabi.conf";
    edit(1);
    let repaired = lab.switch(EXAMPLE);
    assert_eq!(repaired.cost("wasabi"), "none");
    assert!(repaired.before.kept(&repaired.after, "wasabi"));
    lab.sh(&format!("{is_linked} && grep -q EDITED=1 /etc/nixos-containers/wasabi.conf.edited")).ok();
    edit(2);
    lab.reboot();
    assert_eq!(lab.observe().running(), ["wasabi"]);
    lab.sh(&format!("{is_linked} && grep -q EDITED=2 /etc/nixos-containers/wasabi.conf.edited-2")).ok();
    assert_eq!(lab.page("http://192.168.100.11/"), PAGE);
    assert_eq!(lab.plan().1, 0);
    // A switch may remove the file too, but keeps a copy of the edited one.
    edit(3);
    lab.sh("echo '{ }' >/root/nothing.nix && container-rebuild switch --yes --allow-remove /root/nothing.nix").ok();
    lab.sh("[[ ! -e /etc/nixos-containers/wasabi.conf ]] && grep -q EDITED=3 /etc/nixos-containers/wasabi.conf.edited-3").ok();
    lab.sh("rm /etc/nixos-containers/wasabi.conf.edited*").ok();
    lab.finish();
}

const UNIT: &str = "its unit file was changed or removed";
const OUTRANKED: &str = "a unit file in /etc/systemd/system overrides ours";
const CONF: &str = "its .conf file was changed or removed";
const RECORD: &str = "the record for its next start is missing or damaged";
const ACCESS: &str = "one of its files was replaced, or has another owner or mode";
const UNHELD: &str = "a garbage collection may remove its system";

/// Damages to the files of a container: the script, the message about it, and what must hold after the repair. U is the
/// container's unit, C its `.conf`, T the target of that, R its record, and G the directory of roots.
const DAMAGES: [(&str, &str, &str); 28] = [
    ("rm U", UNIT, "[[ -f U ]]"),
    (
        "mkdir -p /run/container-rebuild/unread; touch /run/container-rebuild/unread/NAME",
        "systemd has not reloaded its unit file",
        "[[ ! -e /run/container-rebuild/unread/NAME ]]",
    ),
    ("rm U; mkdir U; touch U/kept; systemctl daemon-reload", UNIT, "[[ -f U ]]; rm -r U.edited/kept U.edited"),
    (": >U; systemctl daemon-reload", UNIT, "[[ -s U ]]"),
    ("sed -i 1d U", UNIT, "[[ $(head -c 30 U) == '# Written by container-rebuild' ]]; rm U.edited"),
    ("cp U /root/NAME; ln -sf /root/NAME U", ACCESS, "[[ ! -L U ]]; rm /root/NAME"),
    ("chmod 666 U", ACCESS, "[[ $(stat -c %a U) == 644 ]]"),
    (
        "sed s/^TimeoutStartSec=.*/TimeoutStartSec=5/ U >/etc/systemd/system/container@NAME.service; systemctl daemon-reload",
        OUTRANKED,
        "[[ $(systemctl show --property FragmentPath --value container@NAME) == U ]]; rm /etc/systemd/system/container@NAME.service.edited",
    ),
    ("cp U /etc/systemd/system/", OUTRANKED, "rm /etc/systemd/system/container@NAME.service.edited"),
    ("rm C", CONF, "[[ $(readlink C) == T ]]"),
    ("ln -sf /nowhere C", CONF, "[[ $(readlink C) == T ]]"),
    (
        "echo X=1 >/root/NAME; ln -sf /root/NAME C",
        CONF,
        "[[ $(readlink C) == T ]]; [[ -L C.edited ]]; rm C.edited /root/NAME",
    ),
    ("rm C; mkdir C", CONF, "[[ $(readlink C) == T ]]; rmdir C.edited"),
    ("sed -i s/x/x/ C; [[ ! -L C ]]", CONF, "[[ $(readlink C) == T ]]; [[ ! -e C.edited ]]"),
    ("rm T", CONF, "[[ -s C ]]"),
    ("rm T; mkdir T", CONF, "[[ -s C ]]; rmdir T.edited"),
    ("chmod 666 T", ACCESS, "[[ $(stat -c %a T) == 444 ]]"),
    ("chown 1000 T", ACCESS, "[[ $(stat -c %u T) == 0 ]]"),
    ("rm R", RECORD, "[[ -s R ]]"),
    (": >R", RECORD, "[[ -s R ]]"),
    ("truncate --size=100 R", RECORD, "python3 -m json.tool R"),
    ("rm R; mkdir R", RECORD, "[[ -f R ]]; rmdir R.edited"),
    ("sed -i '/\"timeout_start\"/s/1min/7s/' R", RECORD, "grep -q 1min R; ! grep -q 7s R"),
    ("chmod 600 R", ACCESS, "[[ $(stat -c %a R) == 644 ]]"),
    ("rm G/current-NAME", UNHELD, "[[ -d G/current-NAME/ ]]"),
    ("rm G/current-NAME G/booted-NAME", UNHELD, "[[ $(readlink G/current-NAME) == $(readlink G/booted-NAME) ]]"),
    ("rm G/current-NAME; mkdir G/current-NAME", UNHELD, "[[ -L G/current-NAME ]]; rmdir G/current-NAME.edited"),
    (
        "rm G/generation-*-NAME",
        UNHELD,
        "[[ -d G/generation-$(basename $(readlink -f /var/lib/container-rebuild/boot.json) .json)-NAME/ ]]",
    ),
];

/// A script with the names of a container's files filled in.
fn about(name: &str, script: &str) -> String {
    let unit = format!("/run/systemd/system/container@{name}.service");
    let conf = format!("/etc/nixos-containers/{name}.conf");
    let target = format!("/run/container-rebuild/conf/{name}.conf");
    let record = format!("/run/container-rebuild/containers/{name}.json");
    let path = |word: &str| {
        let (path, rest) = match word.split_at_checked(1)? {
            ("U", rest) => (unit.as_str(), rest),
            ("C", rest) => (conf.as_str(), rest),
            ("T", rest) => (target.as_str(), rest),
            ("R", rest) => (record.as_str(), rest),
            ("G", rest) => ("/nix/var/nix/gcroots/container-rebuild", rest),
            _ => return None,
        };
        // Other words may begin with the same letter.
        (rest.is_empty() || rest.starts_with(['/', '.', ';', ')'])).then(|| format!("{path}{rest}"))
    };
    let words: Vec<String> = script
        .split(' ')
        .map(|word| {
            match word.strip_prefix('>') {
                Some(word) => path(word).map(|path| format!(">{path}")),
                None => path(word),
            }
            .unwrap_or_else(|| word.to_owned())
        })
        .collect();
    words
        .join(" ")
        .replace("(readlink G/", "(readlink /nix/var/nix/gcroots/container-rebuild/")
        .replace("NAME", name)
}

/// The findings of a plan.
fn found(applied: &Applied) -> BTreeSet<&str> {
    let diagnostics = applied.plan["diagnostics"].as_array().expect("a list");
    diagnostics.iter().filter_map(|diagnostic| diagnostic["message"].as_str()).collect()
}

/// Damages each container in a different way, all at once.
#[test]
#[ignore = "needs a lab: make scenarios"]
fn what_was_done_to_files_is_put_right_and_nobody_is_restarted() {
    let lab = Lab::empty();
    let names = ["kecap", "sambal", "santan", "tauco", "terasi"];
    let webs: Vec<_> = names.iter().zip(11..).map(|(name, last)| web(name, last)).collect();
    let all = host(&webs.iter().map(String::as_str).collect::<Vec<_>>());
    lab.switch(&all);
    lab.sh("container-rebuild install-boot").ok();
    // The administrator's own files are not drift, and stay as they are.
    let drop_in = "/etc/systemd/system/container@kecap.service.d/nice.conf";
    lab.write(drop_in, "[Service]\nNice=5\n");
    lab.sh("systemctl daemon-reload; systemctl add-wants multi-user.target container@kecap").ok();
    assert_eq!(lab.plan().1, 0);
    for damages in DAMAGES.chunks(names.len()) {
        let of_each = || names.iter().zip(damages);
        let scripts: Vec<_> = of_each().map(|(name, (damage, ..))| about(name, damage)).collect();
        lab.sh(&scripts.join("\n")).ok();
        let applied = lab.switch(&all);
        let found = found(&applied);
        for (name, (damage, says, _)) in of_each() {
            let said = format!("`{name}`: {says}");
            assert!(found.contains(said.as_str()), "{damage}: {said} is not in {found:#?}");
            assert_eq!(applied.cost(name), "none", "{damage}");
        }
        let checks: Vec<_> = of_each().map(|(name, (.., check))| about(name, check)).collect();
        lab.sh(&checks.join("\n")).ok();
    }
    lab.sh(&format!("[[ -f {drop_in} ]]; rm -r {}", drop_in.trim_end_matches("/nice.conf"))).ok();
    lab.sh("rm /etc/systemd/system/multi-user.target.wants/container@kecap.service").ok();

    // Temporary files of a killed run, not yet renamed.
    let remains =
        "/etc/nixos-containers/.R /run/systemd/system/.R /run/container-rebuild/conf/.R /etc/systemd/system/.R \
         /run/nixos-containers/.R /run/container-rebuild/booted/.R"
            .replace(".R", ".container-rebuild-abc123");
    lab.sh(&format!("touch {remains}")).ok();
    assert_eq!(lab.plan().1, 0);
    lab.switch(&all);
    assert_eq!(lab.sh(&format!("ls {remains} 2>/dev/null")).out, "");

    // Files of the host itself.
    let service = "/etc/systemd/system/container-rebuild.service";
    lab.sh(&format!(
        "cp {service} /root/service; echo ConditionPathExists=/nowhere >>{service}; systemctl daemon-reload"
    ))
    .ok();
    let applied = lab.switch(&all);
    let line = "container-rebuild.service is rewritten: it was edited";
    assert!(applied.said.out.contains(line), "{:#?}", applied.said);
    lab.sh(&format!("cmp /root/service {service}; systemctl is-enabled container-rebuild; rm /root/service")).ok();
    let lost = "the boot generation is missing or damaged: the next boot would start no container";
    let state = "/var/lib/container-rebuild";
    for damage in [
        format!(": >$(readlink -f {state}/boot.json)"),
        format!("rm {state}/boot.json"),
        format!("rm {state}/boot.json; mkdir {state}/boot.json"),
    ] {
        lab.sh(&damage).ok();
        let only = lab.sh("container-rebuild switch --yes --only kecap /root/host.nix");
        assert!(only.code == 1 && only.err.contains("run `switch` without `--only` once"), "{only:#?}");
        let applied = lab.switch(&all);
        assert!(found(&applied).contains(lost), "{damage}: {:#?}", found(&applied));
        lab.sh(&format!("grep -q kecap {state}/boot.json; [[ -L {state}/boot.json ]]")).ok();
    }
    lab.sh(&format!(
        "rm -rf {state}/boot.json.edited; chmod 777 {state}; chown 1000 {state}/bin /run/container-rebuild/conf"
    ))
    .ok();
    let applied = lab.switch(&all);
    for path in [state, &format!("{state}/bin"), "/run/container-rebuild/conf"] {
        let said = format!("{path} is writable by users other than root");
        assert!(found(&applied).contains(said.as_str()), "{:#?}", found(&applied));
        assert_eq!(lab.sh(&format!("stat -c '%a %u' {path}")).ok(), "755 0\n", "{path}");
    }

    // A boot repairs what it can.
    lab.sh(&about("kecap", "cp U /etc/systemd/system/; rm C; mkdir C")).ok();
    lab.reboot();
    assert_eq!(lab.observe().running(), names);
    lab.sh(&about(
        "kecap",
        "[[ $(readlink C) == T ]]; rmdir C.edited; rm /etc/systemd/system/container@kecap.service.edited",
    ))
    .ok();
    assert_eq!(lab.plan().1, 0);
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn what_cannot_be_put_right_is_refused_before_anything_stops() {
    let lab = Lab::empty();
    let before = host(&[&with(&web("sambal", 12), "ephemeral = true", "ephemeral = false"), &web("terasi", 13)]);
    lab.switch(&before);
    lab.sh("container-rebuild install-boot").ok();
    // The change restarts both.
    let after = with(&with(&before, "192.168.100.12", "192.168.100.14"), "192.168.100.13", "192.168.100.15");
    let after = after.replace("ephemeral = ", "additionalCapabilities = [ \"CAP_SYS_TIME\" ]; ephemeral = ");
    lab.write("/root/after.nix", &after);
    let root = "/var/lib/nixos-containers/sambal";
    // Does what chattr(1) does (ioctl_iflags(2)), because the lab lacks it.
    lab.write("/usr/local/bin/flags", "#!/usr/bin/python3\nimport fcntl, struct, sys\nfcntl.ioctl(open(sys.argv[1]), 0x40086602, struct.pack(\"i\", int(sys.argv[2])))\n");
    lab.sh("chmod 755 /usr/local/bin/flags").ok();
    let table = [
        (
            "systemctl mask container@sambal",
            "error[masked]: `sambal` is masked by /etc/systemd/system/container@sambal.service",
            "systemctl unmask container@sambal",
        ),
        (
            ": >/etc/systemd/system/container@sambal.service; systemctl daemon-reload",
            "error[masked]: `sambal` is masked",
            "rm /etc/systemd/system/container@sambal.service; systemctl daemon-reload",
        ),
        (
            "cp U /root/unit; ln -sf /dev/null U; systemctl daemon-reload",
            "`systemctl unmask --runtime container@sambal.service`",
            "mv /root/unit U; systemctl daemon-reload",
        ),
        (
            "cp --remove-destination T C; flags C 16",
            "cannot replace /etc/nixos-containers/sambal.conf: it is immutable",
            "flags C 0; rm C",
        ),
        (
            "mv /run/container-rebuild/conf /root/conf; touch /run/container-rebuild/conf",
            "a file of that name exists, but is not a directory",
            "rm /run/container-rebuild/conf; mv /root/conf /run/container-rebuild",
        ),
        (
            "mv ROOT /root/root; ln -s /nowhere ROOT",
            "cannot use /var/lib/nixos-containers/sambal as a root: it is not a directory",
            "rm ROOT; mv /root/root ROOT",
        ),
    ];
    for (damage, says, undo) in table {
        let script = |script: &str| about("sambal", &script.replace("ROOT", root));
        lab.sh(&script(damage)).ok();
        let world = lab.observe();
        let said = lab.sh("container-rebuild plan /root/after.nix");
        // Some damage is found only by writing, so only the switch reports it.
        let says_so = said.err.contains(says.trim_start_matches("error"));
        assert!(says_so || says == "a file of that name exists, but is not a directory", "{damage}: {said:#?}");
        let said = lab.sh("container-rebuild switch --yes /root/after.nix");
        assert!(said.code == 1 && said.err.contains(says), "{damage}: {said:#?}");
        let now = lab.observe();
        assert!(world.kept(&now, "sambal") && world.kept(&now, "terasi"), "{damage}");
        assert_eq!(world.nft_generation, now.nft_generation, "{damage}");
        lab.sh(&script(undo)).ok();
    }
    for address in ["192.168.100.12", "192.168.100.13"] {
        assert!(!lab.page(&format!("http://{address}/")).is_empty());
    }

    // A masked container does not keep others from changing. A boot starts those and fails, and the masked one can be removed.
    lab.sh("systemctl mask container@sambal").ok();
    let status = lab.sh("container-rebuild status sambal").ok();
    assert!(status.contains("is masked by /etc/systemd/system/container@sambal.service"), "{status}");
    lab.sh("container-rebuild switch --yes --allow-remove --only terasi /root/after.nix").ok();
    assert!(!lab.page("http://192.168.100.15/").is_empty());
    lab.reboot();
    assert_eq!(lab.observe().running(), ["terasi"]);
    assert_eq!(lab.sh("systemctl is-failed container-rebuild").ok(), "failed\n");
    let journal = lab.sh("journalctl --boot --unit container-rebuild.service --output cat").ok();
    assert!(
        journal.contains("`sambal` is masked")
            && journal.contains("these containers did not start at boot: sambal"),
        "{journal}"
    );
    lab.sh("systemctl unmask container@sambal; systemctl restart container-rebuild").ok();
    assert_eq!(lab.observe().running(), ["sambal", "terasi"]);
    // By then, systemd has forgotten how to stop the unit.
    lab.write("/root/nothing.nix", "{ }\n");
    lab.sh("systemctl mask container@sambal").ok();
    let remove = "container-rebuild switch --yes --allow-remove /root/nothing.nix";
    let said = lab.sh(remove);
    assert!(said.code == 1 && said.err.contains("its guest would be killed instead of shut down"), "{said:#?}");
    assert_eq!(lab.observe().running(), ["sambal", "terasi"]);
    lab.sh(&format!("systemctl unmask container@sambal; systemctl stop container@sambal; systemctl mask container@sambal; {remove}; systemctl unmask container@sambal")).ok();
    assert!(lab.observe().is_empty(), "{:#?}", lab.observe().traces);
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn forwarding_is_given_back_to_whoever_had_it_otherwise() {
    let lab = Lab::empty();
    lab.sh("mkdir /mnt/wasabiData; echo '{ }' >/root/nothing.nix").ok();
    let (four, six) = ("net.ipv4.conf.all.forwarding", "net.ipv6.conf.all.forwarding");
    let get = || lab.sh(&format!("sysctl --values {four}")).ok().trim().to_owned();
    let was = get();
    let theirs = "nft add table ip theirs; nft add chain ip theirs c '{ type filter hook forward priority 0; }'";
    let none = "/root/nothing.nix";
    // The value before, what happens while forwarding is needed, and the value afterwards.
    let table = [
        ("0", ":", "0"),
        ("1", ":", "1"),
        ("0", theirs, "1"),
        ("0", "sysctl --quiet net.ipv4.conf.all.forwarding=2", "2"),
    ];
    // The host's own rules need forwarding too, and start no guest.
    lab.write("/root/nat.nix", &host(&[]));
    let switch = |file: &str| lab.sh(&format!("container-rebuild switch --yes --allow-remove {file}")).ok();
    for (before, meanwhile, after) in table {
        lab.sh(&format!("sysctl --quiet {four}={before}")).ok();
        switch("/root/nat.nix");
        assert_eq!(get(), "1");
        lab.sh(meanwhile).ok();
        switch(none);
        assert_eq!(get(), after, "{before}, {meanwhile}");
        lab.sh("[[ ! -e /run/container-rebuild/sysctls.json ]]; nft delete table ip theirs 2>&- || true").ok();
    }
    // Only the last rules turn it off again; containers may come and go.
    let six_before = lab.sh(&format!("sysctl --values {six}")).ok();
    lab.sh(&format!("sysctl --quiet {four}=0")).ok();
    lab.switch(EXAMPLE);
    switch("/root/nat.nix");
    assert_eq!((get().as_str(), lab.observe().running()), ("1", vec![]));
    switch(none);
    assert_eq!((get().as_str(), lab.sh(&format!("sysctl --values {six}")).ok()), ("0", six_before));
    // A killed run turned forwarding on before it loaded rules.
    let note = format!("{{\"{four}\": {{\"former\": \"0\", \"given\": \"1\"}}}}");
    lab.write("/run/container-rebuild/sysctls.json", &note);
    lab.sh(&format!("sysctl --quiet {four}=1")).ok();
    switch(none);
    assert_eq!(get(), "0");
    lab.sh(&format!("sysctl --quiet {four}={was}")).ok();
    lab.finish();
}
