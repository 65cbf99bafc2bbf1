//! What our NixOS module generates, on a host that is no NixOS: its units come and go as switch-to-configuration would replace
//! them, and the containers of a manifest follow.
//!
//! The texts of the units are those that an evaluation of the module gives (`nix/tests/hook.nix`), without NixOS's environment.

use serde_json::{Value, json};

use crate::support::{Lab, host, web};

/// What the module makes of the unit of a container.
const DECLARED: &str = "\
[Unit]
After=network.target
Description=Container '%i'
Wants=network.target
X-ContainerRebuild=hook
X-StopOnRemoval=false

[Service]
X-RestartIfChanged=false
Delegate=true
DevicePolicy=closed
ExecStart=/var/lib/container-rebuild/bin/container-rebuild internal launch %i
ExecStopPost=/var/lib/container-rebuild/bin/container-rebuild internal cleanup %i
KillMode=mixed
KillSignal=TERM
Nice=3
Restart=on-failure
RestartForceExitStatus=133
Slice=machine.slice
SuccessExitStatus=133
SyslogIdentifier=container %i
TimeoutStartSec=1min
Type=notify
";

/// The units of the module beside those of containers; `MANIFEST` is the manifest of the host.
const OWNER: &str = "\
[Unit]
After=dbus.service
Before=container@web.service container@mild.service

[Service]
ExecStart=/bin/true
ExecStop=/usr/local/bin/container-rebuild internal hand-back
RemainAfterExit=true
SyslogIdentifier=container-rebuild
TimeoutStopSec=10min
Type=oneshot

[Install]
WantedBy=multi-user.target
";
const SERVICE: &str = "\
[Unit]
After=container-rebuild-owner.service network.target nftables.service firewall.service dbus.service
Before=machines.target
Requires=container-rebuild-owner.service
RequiresMountsFor=/nix /var/lib/container-rebuild /var/lib/nixos-containers
Wants=network.target

[Service]
ExecStart=/usr/local/bin/container-rebuild internal reconcile MANIFEST
RemainAfterExit=true
SyslogIdentifier=container-rebuild
Type=oneshot

[Install]
WantedBy=multi-user.target
";

/// A unit as NixOS itself writes it, as far as it matters here (specification: section 4 of the NixOS reference).
const NATIVE: &str = "\
[Unit]
Description=Container 'web'

[Service]
Environment=\"INSTANCE=web\"
Environment=\"root=/var/lib/nixos-containers/web\"
EnvironmentFile=-/etc/nixos-containers/%i.conf
ExecStart=/opt/native/start
KillMode=mixed
KillSignal=TERM
Delegate=true
Slice=machine.slice
SuccessExitStatus=133
TimeoutStartSec=1min
Type=notify
";
const NATIVE_START: &str = r#"#!/bin/bash
mkdir -p "$root/usr/bin" "$root/etc"
touch "$root/etc/os-release" "$root/etc/machine-id"
exec systemd-nspawn --keep-unit -M "$INSTANCE" -D "$root" --private-network --private-users="$PRIVATE_USERS" \
  --network-veth --notify-ready=yes --kill-signal=SIGRTMIN+3 --bind-ro=/nix/store --link-journal=try-guest \
  $EXTRA_NSPAWN_FLAGS ${SYSTEM_PATH:-/nix/var/nix/profiles/system}/init
"#;

/// A host that NixOS builds, in the lab.
struct Rebuilt<'a> {
    lab: &'a Lab,
    /// What Nix would evaluate, with the systems of all guests.
    manifest: Value,
}

impl Rebuilt<'_> {
    /// Puts the units of a new configuration in place of the former ones, and lets systemd read them.
    fn activate(&self, containers: &[&str], manifest: &Value) {
        self.lab.sh("rm -f /etc/systemd/system/container@*.service").ok();
        for name in containers {
            self.lab.write(&format!("/etc/systemd/system/container@{name}.service"), DECLARED);
        }
        // As in the store, a new manifest has another name.
        let text = format!("{manifest:#}\n");
        let path = format!(
            "/opt/manifests/{:x}.json",
            text.bytes().fold(7_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()))
        );
        self.lab.write(&path, &text);
        self.lab.write("/etc/systemd/system/container-rebuild.service", &SERVICE.replace("MANIFEST", &path));
        self.lab.write("/etc/systemd/system/container-rebuild-owner.service", OWNER);
        let link = format!(
            "mkdir -p /etc/container-rebuild && ln -sfn {path} /etc/container-rebuild/host.json && systemctl daemon-reload && \
             systemctl enable --quiet container-rebuild.service container-rebuild-owner.service"
        );
        self.lab.sh(&link).ok();
    }

    /// The containers of the manifest, of which `change` changes something.
    fn with(&self, change: impl FnOnce(&mut Value)) -> Value {
        let mut manifest = self.manifest.clone();
        change(&mut manifest);
        manifest
    }
}

fn leader(lab: &Lab, name: &str) -> u32 {
    lab.observe().machines[name].leader
}

fn owner(lab: &Lab, name: &str) -> Value {
    let status: Value = serde_json::from_str(&lab.sh("container-rebuild status --json").ok()).expect("JSON");
    let rows = status["containers"].as_array().expect("a list");
    rows.iter().find(|row| row["name"] == name).unwrap_or_else(|| panic!("{status:#}"))["owner"].clone()
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_host_hands_its_containers_over_changes_them_and_takes_them_back() {
    let lab = Lab::empty();
    let configuration = host(&[&web("web", 12).replace("ephemeral = true", "ephemeral = false"), &web("mild", 13)]);
    lab.write("/root/host.nix", &configuration);
    let systems = lab.sh("container-rebuild build /root/host.nix").ok();
    let system = |name: &str| {
        let line = systems.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("{systems}")).to_owned()
    };
    let mut manifest: Value =
        serde_json::from_str(&lab.sh("container-rebuild eval --positions /root/host.nix").ok()).expect("JSON");
    for name in ["web", "mild"] {
        manifest["containers"][name]["path"] = system(name).into();
    }
    let rebuilt = Rebuilt { lab: &lab, manifest };
    let state = |lab: &Lab| lab.sh("cat /var/lib/nixos-containers/web/root/state").ok();

    // NixOS runs `web`, which has some state.
    let conf = format!(
        "SYSTEM_PATH={}\nCOPY_RESOLV_CONF=1\nPRIVATE_NETWORK=1\nHOST_ADDRESS=192.168.100.112\nLOCAL_ADDRESS=192.168.100.12\n\
         PRIVATE_USERS=no\nINTERFACES=\"\"\nMACVLANS=\"\"\nAUTO_START=1\nEXTRA_NSPAWN_FLAGS=\"\"\n",
        system("web")
    );
    let native = || {
        lab.write("/opt/native/start", NATIVE_START);
        lab.write("/etc/systemd/system/container@web.service", NATIVE);
        lab.write("/etc/nixos-containers/web.conf", &conf);
        lab.sh("chmod 755 /opt/native/start && systemctl daemon-reload && systemctl start container@web").ok();
    };
    native();
    lab.sh("mkdir -p /var/lib/nixos-containers/web/root && echo kept >/var/lib/nixos-containers/web/root/state")
        .ok();
    assert_eq!(owner(&lab, "web"), "native");
    let natives = leader(&lab, "web");

    // The activation prints the plan, and changes nothing.
    lab.write("/opt/manifests/next.json", &format!("{:#}\n", rebuilt.manifest));
    let before = lab.observe();
    let said = lab.sh("container-rebuild internal plan /opt/manifests/next.json");
    assert_eq!(said.code, 0, "{said:#?}");
    assert!(said.out.contains("web: restart") && said.out.contains("mild: create and start"), "{said:#?}");
    assert!(said.err.contains("`web` runs as NixOS has started it: one restart takes it over"), "{said:#?}");
    assert_eq!(lab.observe().traces, before.traces);

    // On: NixOS's `.conf` goes, and its unit becomes that of the module. systemd reads it, and the guest does not notice.
    lab.sh("rm /etc/nixos-containers/web.conf").ok();
    rebuilt.activate(&["web", "mild"], &rebuilt.manifest);
    assert_eq!(leader(&lab, "web"), natives);
    lab.sh("systemctl start container-rebuild-owner container-rebuild").ok();
    assert_eq!((owner(&lab, "web"), owner(&lab, "mild")), (json!("ours"), json!("ours")));
    let taken = lab.mark();
    assert_ne!(taken.machines["web"].leader, natives);
    assert_eq!(state(&lab), "kept\n");
    for address in [12, 13] {
        assert!(lab.page(&format!("http://192.168.100.{address}/")).contains("It works!"));
    }
    // What the host says about the unit counts, and so does what we say.
    let shown = lab.sh("systemctl show --property=Nice,FragmentPath,DropInPaths container@web").ok();
    assert!(
        shown.contains("Nice=3") && shown.contains("FragmentPath=/etc/systemd/system/container@web.service"),
        "{shown}"
    );
    assert!(shown.contains("/run/systemd/system/container@web.service.d/container-rebuild.conf"), "{shown}");
    // A second run, as at a rebuild that changes nothing of them.
    lab.sh("systemctl restart container-rebuild").ok();
    let journal = lab.sh("journalctl --unit container-rebuild.service --output cat --lines 3").ok();
    assert!(journal.contains("No changes."), "{journal}");
    let after = lab.observe();
    assert!(taken.kept(&after, "web") && taken.kept(&after, "mild"));

    // The host forwards a port, and gives `web` more time to start.
    let changed = rebuilt.with(|manifest| {
        manifest["containers"]["web"]["forwardPorts"] =
            json!([{ "protocol": "tcp", "hostPort": 8080, "containerPort": 80 }]);
        manifest["containers"]["web"]["timeoutStartSec"] = "2min".into();
    });
    rebuilt.activate(&["web", "mild"], &changed);
    lab.sh("systemctl restart container-rebuild").ok();
    assert!(lab.page("http://127.0.0.1:8080/").contains("It works!"));
    let timeout = || lab.sh("systemctl show --property=TimeoutStartUSec --value container@web").ok();
    assert_eq!(timeout(), "2min\n");
    let after = lab.observe();
    assert!(taken.kept(&after, "web") && taken.kept(&after, "mild"));

    // Between two rebuilds, one container is changed; the next one takes over from there.
    lab.write("/root/host.nix", &configuration.replace("web = { ", "web = { timeoutStartSec = \"3min\"; "));
    lab.sh("container-rebuild switch --yes --only web /root/host.nix").ok();
    assert_eq!(timeout(), "3min\n");
    let ahead = "ahead of the host's configuration: forwardPorts, timeoutStartSec";
    let said = lab.sh("container-rebuild status").ok();
    assert!(said.contains(ahead), "{said}");
    lab.sh("systemctl restart container-rebuild").ok();
    assert_eq!(timeout(), "2min\n");
    assert!(!lab.sh("container-rebuild status").ok().contains("ahead of"));
    let after = lab.observe();
    assert!(taken.kept(&after, "web") && taken.kept(&after, "mild"));

    // A boot.
    lab.reboot();
    assert!(lab.lan_page("http://10.77.0.2:8080/").contains("It works!"));
    assert_eq!(state(&lab), "kept\n");
    assert_eq!(timeout(), "2min\n");
    let booted = lab.mark();

    // The host drops `mild`: its unit goes, NixOS does not stop it, and the service removes it.
    let fewer = rebuilt.with(|manifest| {
        *manifest = changed.clone();
        manifest["containers"].as_object_mut().expect("a set").remove("mild");
    });
    rebuilt.activate(&["web"], &fewer);
    assert!(booted.kept(&lab.observe(), "mild"));
    lab.sh("systemctl restart container-rebuild").ok();
    let after = lab.observe();
    assert_eq!(after.running(), ["web"]);
    assert!(booted.kept(&after, "web"));

    // Off: switch-to-configuration stops what is gone and what has changed, puts NixOS's units there, and starts them.
    lab.sh("systemctl stop container-rebuild-owner.service container@web.service container-rebuild.service").ok();
    let left = lab
        .sh("ls -d /run/systemd/system/container@* /etc/nixos-containers/* 2>/dev/null || true; nft list tables")
        .ok();
    assert!(
        !left.contains("container@") && !left.contains("web.conf") && !left.contains("container-rebuild"),
        "{left}"
    );
    lab.sh("systemctl disable --quiet container-rebuild.service container-rebuild-owner.service; \
         rm -r /etc/systemd/system/container* /etc/container-rebuild")
        .ok();
    native();
    assert_eq!(owner(&lab, "web"), "native");
    assert_eq!(state(&lab), "kept\n");
    lab.reboot();
    assert!(lab.observe().machines.is_empty(), "nothing of ours starts at boot");
    lab.sh("rm -r /etc/systemd/system/container@web.service /etc/nixos-containers/web.conf /opt/native /opt/manifests; systemctl daemon-reload").ok();
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_host_that_stops_hands_nothing_back() {
    let lab = Lab::empty();
    lab.write("/root/host.nix", &host(&[&web("web", 12)]));
    let system = lab.sh("container-rebuild build /root/host.nix").ok();
    let manifest: Value =
        serde_json::from_str(&lab.sh("container-rebuild eval /root/host.nix").ok()).expect("JSON");
    let mut rebuilt = Rebuilt { lab: &lab, manifest };
    rebuilt.manifest["containers"]["web"]["path"] = system.trim().strip_prefix("web ").expect("a path").into();
    rebuilt.activate(&["web"], &rebuilt.manifest);
    lab.sh("systemctl start container-rebuild").ok();
    lab.reboot();
    assert!(lab.page("http://192.168.100.12/").contains("It works!"));
    let generations: Value =
        serde_json::from_str(&lab.sh("container-rebuild generations --json").ok()).expect("JSON");
    assert_eq!(generations["generations"][0]["boots"], true, "{generations:#}");
    assert_eq!(generations["generations"][0]["source"], "/etc/container-rebuild/host.json");
    // A rebuild in hand comes first.
    let said = lab.sh("mkdir -p /run/nixos && flock /run/nixos/switch-to-configuration.lock container-rebuild switch --yes /root/host.nix");
    assert!(said.code == 1 && said.err.contains("nixos-rebuild is changing this host"), "{said:#?}");
    lab.sh("flock /run/nixos/switch-to-configuration.lock systemctl restart container-rebuild && rm -r /run/nixos")
        .ok();
    lab.sh("systemctl stop container-rebuild-owner && systemctl disable --quiet container-rebuild container-rebuild-owner").ok();
    assert!(lab.observe().is_empty());
    lab.sh("rm -r /etc/systemd/system/container* /etc/container-rebuild /opt/manifests; systemctl daemon-reload")
        .ok();
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_release_gives_everything_back_but_what_containers_keep() {
    let lab = Lab::empty();
    lab.switch(&host(&[&web("web", 12).replace("ephemeral = true", "ephemeral = false"), &web("mild", 13)]));
    lab.sh("container-rebuild install-boot && echo kept >/var/lib/nixos-containers/web/root/state").ok();
    let before = lab.mark();
    let asked = lab.sh("container-rebuild release");
    assert!(asked.code == 1 && asked.out.contains("web: stop and remove"), "{asked:#?}");
    assert!(asked.err.contains("container-rebuild.service is removed"), "{asked:#?}");
    let after = lab.observe();
    assert!(before.kept(&after, "web") && before.kept(&after, "mild"), "without a terminal nobody has agreed");
    lab.sh("container-rebuild release --yes").ok();
    let world = lab.observe();
    assert!(world.is_empty(), "{:#?}", world.traces);
    assert_eq!(lab.sh("cat /var/lib/nixos-containers/web/root/state").ok(), "kept\n");
    lab.sh("! systemctl cat container-rebuild.service && ! systemctl is-failed container-rebuild.service").ok();
    lab.reboot();
    assert!(lab.observe().machines.is_empty());
    // It is no one-way road.
    lab.sh("container-rebuild rollback --yes 1").ok();
    assert_eq!(lab.sh("cat /var/lib/nixos-containers/web/root/state").ok(), "kept\n");
    assert!(lab.page("http://192.168.100.12/").contains("It works!"));
    lab.finish();
}
