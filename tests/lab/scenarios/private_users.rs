//! Containers with private users: everything works in them, and their root has no privileges on the host.

use crate::network::{BRIDGE, CARDS, NO_BRIDGE, NO_CARDS, killed, neighbours_page, no_surroundings, surroundings};
use crate::support::{Lab, host, web, with};

/// `web` with private users, a forwarded port and these bind mounts.
fn private(users: &str, binds: &str) -> String {
    let options = format!(
        "privateUsers = {users}; forwardPorts = [ {{ hostPort = 8080; containerPort = 80; }} ]; {binds} config ="
    );
    with(&web("wasabi", 11), "config =", &options)
}

/// Runs a command in the guest.
#[track_caller]
fn run(lab: &Lab, command: &str) -> String {
    lab.sh(&format!("container-rebuild run wasabi -- sh -ec '{command}'")).ok()
}

/// The host's uid for the guest's root.
fn base(lab: &Lab) -> u32 {
    let map = lab.sh("cat /proc/$(machinectl show --property=Leader --value wasabi)/uid_map").ok();
    map.split_whitespace().nth(1).and_then(|base| base.parse().ok()).expect("a map")
}

/// Data of three users on the host.
const DATA: &str = "mkdir /mnt/data /mnt/read; chmod 755 /mnt/data /mnt/read
echo web >/mnt/data/web; echo secret >/mnt/data/secret; echo secret >/mnt/read/secret
chmod 600 /mnt/data/* /mnt/read/*; chown -R 33:33 /mnt/data; chown 0:0 /mnt/data/secret";

const BINDS: &str = "bindMounts.\"/data\" = { hostPath = \"/mnt/data\"; isReadOnly = false; }; bindMounts.\"/read\".hostPath = \"/mnt/read\";";

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_guest_with_private_users_lacks_nothing_and_its_root_is_nobody_on_the_host() {
    let lab = Lab::empty();
    lab.sh(DATA).ok();
    let (plain, other) = (private("\"no\"", BINDS), web("sambal", 12));
    lab.switch(&host(&[&other, &plain]));
    let pick = private("\"pick\"", BINDS);
    let made = lab.switch(&host(&[&other, &pick]));
    assert_eq!((made.cost("wasabi"), made.reasons("wasabi")), ("restart", vec!["privateUsers"]));
    assert!(made.before.kept(&made.after, "sambal"));
    let base = base(&lab);
    assert!(base >= 0x0008_0000 && base.is_multiple_of(65536), "{base}");

    // Low ports from everywhere, outgoing connections, commands, and no failed units.
    assert!(lab.page("http://192.168.100.11/").contains("wasabi"));
    assert!(lab.lan_page("http://10.77.0.2:8080/").contains("wasabi"));
    assert!(lab.page("http://127.0.0.1:8080/").contains("wasabi"));
    run(&lab, "ping -c 1 -W 5 198.51.100.1");
    assert_eq!(run(&lab, "id -u; systemctl --failed --no-legend | wc -l"), "0\n0\n");
    assert_eq!(run(&lab, "systemctl is-system-running"), "running\n");
    assert_eq!(run(&lab, "stat -c %u:%g / /nix/store /etc/shadow /root"), "0:0\n0:0\n0:42\n0:0\n");
    assert_eq!(lab.exec(&["container-rebuild", "shell", "wasabi"], b"id -u\nexit 3\n").code, 3);
    let status = lab.sh("container-rebuild status wasabi").ok();
    assert!(status.contains("192.168.100.11") && status.contains("running"), "{status}");

    // Owners are the same inside and outside, except for root.
    assert_eq!(run(&lab, "stat -c %u:%g /data /data/web /data/secret"), "33:33\n33:33\n65534:65534\n");
    run(&lab, "runuser -u www-data -- sh -c \"echo more >>/data/web; echo new >/data/new\"; chown 34:34 /data/new");
    assert_eq!(lab.sh("cat /mnt/data/web").ok(), "web\nmore\n");
    assert_eq!(lab.sh("stat -c %u:%g /mnt/data/new").ok(), "34:34\n");
    run(&lab, "cp /usr/bin/id /data/program; chmod 6755 /data/program");
    assert_eq!(lab.sh("stat -c %u:%g:%a /mnt/data/program").ok(), format!("{base}:{base}:6755\n"));
    assert_ne!(lab.sh("container-rebuild run wasabi -- cat /data/secret 2>/dev/null").code, 0);
    assert_ne!(lab.sh("container-rebuild run wasabi -- chown 0:0 /data/secret 2>/dev/null").code, 0);
    // In a read-only mount, all files belong to the guest's root, as in any other guest.
    assert_eq!(run(&lab, "cat /read/secret; stat -c %u /read/secret"), "secret\n0\n");
    assert_ne!(lab.sh("container-rebuild run wasabi -- touch /read/new 2>/dev/null").code, 0);
    assert_ne!(lab.sh("container-rebuild run wasabi -- mount -o remount,rw,bind /read 2>/dev/null").code, 0);

    let again = lab.switch(&host(&[&other, &pick]));
    assert!(again.before.kept(&again.after, "wasabi"));
    // What the guest's root wrote still belongs to it after any start.
    let its_own = || assert_eq!(run(&lab, "stat -c %u /data/program"), "0\n");
    lab.sh("container-rebuild restart wasabi").ok();
    its_own();
    killed(&lab, "wasabi");
    its_own();
    lab.sh("container-rebuild install-boot").ok();
    for boot in [Lab::reboot, Lab::power_failure] {
        boot(&lab);
        its_own();
        assert!(lab.lan_page("http://10.77.0.2:8080/").contains("wasabi"));
        assert_eq!(lab.plan().1, 0);
    }
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn with_private_users_every_change_of_bind_mounts_is_a_restart() {
    let lab = Lab::empty();
    lab.sh("mkdir /mnt/data; chown 33:33 /mnt/data").ok();
    let bound = |options: &str| {
        private("\"pick\"", &format!("bindMounts.\"/data\" = {{ hostPath = \"/mnt/data\"; {options} }};"))
    };
    let none = private("\"pick\"", "");
    lab.switch(&host(&[&none]));
    for (binds, option) in [
        (bound(""), "bindMounts.\"/data\""),
        (bound("isReadOnly = false;"), "bindMounts.\"/data\".isReadOnly"),
        (none, "bindMounts.\"/data\""),
    ] {
        let changed = lab.switch(&host(&[&binds]));
        assert_eq!((changed.cost("wasabi"), changed.reasons("wasabi")), ("restart", vec![option]));
        assert!(!changed.before.kept(&changed.after, "wasabi"));
        let is_writable =
            lab.sh("container-rebuild run wasabi -- runuser -u www-data -- touch /data/new 2>/dev/null").code == 0;
        assert_eq!(is_writable, binds.contains("isReadOnly"));
        assert!(lab.lan_page("http://10.77.0.2:8080/").contains("wasabi"));
    }
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_kept_root_is_the_same_with_private_users_and_without() {
    let lab = Lab::empty();
    let kept = |users: &str| with(&private(users, ""), "ephemeral = true;", "");
    lab.switch(&host(&[&kept("\"no\"")]));
    run(&lab, "echo a >/srv/a; chown 33:34 /srv/a; cp /usr/bin/id /srv/id; chmod 4755 /srv/id");
    let numbers = 20 * 65536;
    for users in ["\"pick\"", "\"no\"", &numbers.to_string(), "\"identity\"", "\"pick\""] {
        let changed = lab.switch(&host(&[&kept(users)]));
        assert_eq!((changed.cost("wasabi"), changed.reasons("wasabi")), ("restart", vec!["privateUsers"]));
        assert_eq!(run(&lab, "stat -c %u:%g:%a /srv/a /srv/id"), "33:34:644\n0:0:4755\n", "{users}");
        assert_eq!(run(&lab, "systemctl is-system-running"), "running\n", "{users}");
        assert!(lab.lan_page("http://10.77.0.2:8080/").contains("wasabi"), "{users}");
        run(&lab, "ping -c 1 -W 5 198.51.100.1; touch /nix/var/nix/gcroots/new");
        if users == numbers.to_string() {
            assert_eq!(base(&lab), numbers);
        }
    }
    // The guest can switch to another system while it runs, and reboot itself.
    let pick = kept("\"pick\"");
    let switched = lab.switch(&host(&[&with(&pick, "one@example.org", "two@example.org")]));
    assert_eq!(switched.cost("wasabi"), "reload");
    assert!(lab.page("http://192.168.100.11/").contains("two@"));
    assert_eq!(lab.switch(&host(&[&pick])).cost("wasabi"), "reload");
    let before = lab.observe();
    lab.sh("container-rebuild run wasabi -- systemctl reboot || true
         for _ in $(seq 300); do
             sleep 0.1
             [[ $(systemctl show --property=NRestarts --value container@wasabi) != 0 ]] || continue
             [[ $(systemctl is-active container@wasabi) != active ]] || exit 0
         done
         exit 1")
        .ok();
    assert!(!before.kept(&lab.observe(), "wasabi"));
    assert!(lab.page("http://192.168.100.11/").contains("one@"));
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn links_of_all_kinds_lead_to_a_guest_with_private_users_and_are_put_right() {
    let lab = Lab::empty();
    surroundings(&lab, &format!("{BRIDGE}\n{CARDS}"), &format!("({NO_BRIDGE}); {NO_CARDS}"));
    let links = "hostAddress6 = \"fd00::1\"; localAddress6 = \"fd00::11\"; interfaces = [ \"card2\" ]; macvlans = [ \"card1\" ]; \
                 extraVeths.side1 = { hostBridge = \"br-lab\"; localAddress = \"192.168.7.11/24\"; };";
    let all = private("\"pick\"", links);
    lab.switch(&host(&[&private("\"pick\"", "")]));
    let added = lab.switch(&host(&[&all]));
    assert_eq!(added.cost("wasabi"), "restart");
    let reached = || {
        assert!(lab.page("http://192.168.100.11/").contains("wasabi"));
        assert!(lab.page("http://[fd00::11]/").contains("wasabi"));
        assert!(lab.lan_page("http://[fd77::2]:8080/").contains("wasabi"));
        assert!(neighbours_page(&lab, "http://192.168.7.11/").contains("wasabi"));
    };
    reached();
    // The guest has privileges over all of them.
    run(
        &lab,
        "ip address add 192.168.8.2/24 dev mv-card1; ip link set mv-card1 up; ping -c 1 -W 5 192.168.8.77
         ip address add 192.168.9.2/24 dev card2; ip link set card2 up; ping -c 1 -W 5 192.168.9.77
         ip route show default",
    );
    let moved = lab.switch(&host(&[&with(&all, "192.168.100.111", "192.168.100.222")]));
    assert_eq!((moved.cost("wasabi"), moved.reasons("wasabi")), ("reload", vec!["hostAddress"]));
    assert!(run(&lab, "ip route show default").contains("via 192.168.100.222"));
    reached();
    let all = with(&all, "192.168.100.111", "192.168.100.222");
    for (meddling, cost) in [
        ("ip link set ve-wasabi down", "reload"),
        ("ip -6 route delete fd00::11 dev ve-wasabi", "reload"),
        ("ip link set side1 nomaster", "reload"),
        ("ip link delete ve-wasabi", "restart"),
    ] {
        lab.sh(meddling).ok();
        assert_eq!(lab.switch(&host(&[&all])).cost("wasabi"), cost, "{meddling}");
        reached();
    }
    // A failed start is reported, and the guest returns to its previous configuration.
    lab.write("/root/host.nix", &host(&[&with(&all, "\"card1\"", "\"lo\"")]));
    let failed = lab.sh("container-rebuild switch --yes /root/host.nix");
    assert!(failed.code == 1 && failed.err.contains("cannot create the macvlan `mv-lo` of `lo`"), "{failed:#?}");
    reached();
    let on_host = || lab.sh("ip -brief link | grep -c '^card2' || true").ok();
    assert_eq!(on_host(), "0\n");
    killed(&lab, "wasabi");
    reached();
    lab.sh("container-rebuild stop wasabi").ok();
    assert_eq!(on_host(), "1\n");
    let bridged = "hostBridge = \"br-lab\"; hostAddress = \"192.168.7.1\"; localAddress = \"192.168.7.12/24\";";
    let plain = private("\"pick\"", "");
    let on_bridge = with(&plain, "hostAddress = \"192.168.100.111\"; localAddress = \"192.168.100.11\";", bridged);
    lab.switch(&host(&[&on_bridge]));
    assert!(neighbours_page(&lab, "http://192.168.7.12/").contains("wasabi"));
    assert!(lab.lan_page("http://10.77.0.2:8080/").contains("wasabi"));
    no_surroundings(&lab);
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn what_cannot_be_mapped_is_said_before_anything_changes() {
    let lab = Lab::empty();
    lab.sh("mkdir /mnt/data /mnt/data/below").ok();
    let bound = |path: &str| {
        let bind = format!("bindMounts.\"/bound\" = {{ hostPath = \"{path}\"; isReadOnly = false; }};");
        host(&[&private("\"pick\"", &bind)])
    };
    let plain = host(&[&private("\"pick\"", "")]);
    lab.switch(&plain);
    // The lab's own `/usr` is an overlay, which cannot be mapped.
    lab.sh("mount --bind /usr/share/doc /mnt/data/below").ok();
    for path in ["/usr/share/doc", "/mnt/data"] {
        lab.write("/root/host.nix", &bound(path));
        let before = lab.observe();
        let message = format!("`wasabi`: {path} cannot be mapped to private users");
        let planned = lab.sh("container-rebuild plan /root/host.nix");
        assert!(planned.code == 0 && planned.err.contains(&message), "{planned:#?}");
        let refused = lab.sh("container-rebuild switch --yes /root/host.nix");
        assert!(refused.code == 1 && refused.err.contains("error[private-users-binds]"), "{refused:#?}");
        assert!(refused.err.contains(&message), "{refused:#?}");
        let after = lab.observe();
        assert!(before.kept(&after, "wasabi"));
        assert_eq!(before.traces, after.traces);
    }
    lab.sh("umount /mnt/data/below").ok();

    // The host's root is `nobody` in the guest.
    let taken = lab.switch(&bound("/mnt/data"));
    let message = "/mnt/data belongs to the host's user 0, which is `nobody` in the guest";
    assert!(taken.said.err.contains(message), "{taken:#?}");
    assert_ne!(lab.sh("container-rebuild run wasabi -- touch /bound/new 2>/dev/null").code, 0);
    lab.switch(&plain);
    let number = base(&lab);
    assert!(taken.said.err.contains(&format!("chown {number}:{number} /mnt/data")), "{taken:#?}");
    lab.sh(&format!("chown {number}:{number} /mnt/data")).ok();
    let given = lab.switch(&bound("/mnt/data"));
    assert!(!given.said.err.contains("private-users-binds"), "{given:#?}");
    run(&lab, "touch /bound/new");
    assert_eq!(lab.sh("stat -c %u /mnt/data/new").ok(), format!("{number}\n"));
    lab.finish();
}
