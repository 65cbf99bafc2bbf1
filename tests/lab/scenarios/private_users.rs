//! Containers whose users are not the host's: that nothing is missing in them, and that their root is nobody on the host.

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

/// The number on the host of the guest's root.
fn base(lab: &Lab) -> u32 {
    let map = lab.sh("cat /proc/$(machinectl show --property=Leader --value wasabi)/uid_map").ok();
    map.split_whitespace().nth(1).and_then(|base| base.parse().ok()).expect("a map")
}

/// Data of three users, as the host has it.
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

    // Low ports, from everywhere; the way out; commands; nothing that failed at boot.
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

    // Owners are the same inside and outside, but for roots.
    assert_eq!(run(&lab, "stat -c %u:%g /data /data/web /data/secret"), "33:33\n33:33\n65534:65534\n");
    run(&lab, "runuser -u www-data -- sh -c \"echo more >>/data/web; echo new >/data/new\"; chown 34:34 /data/new");
    assert_eq!(lab.sh("cat /mnt/data/web").ok(), "web\nmore\n");
    assert_eq!(lab.sh("stat -c %u:%g /mnt/data/new").ok(), "34:34\n");
    run(&lab, "cp /usr/bin/id /data/program; chmod 6755 /data/program");
    assert_eq!(lab.sh("stat -c %u:%g:%a /mnt/data/program").ok(), format!("{base}:{base}:6755\n"));
    assert_ne!(lab.sh("container-rebuild run wasabi -- cat /data/secret 2>/dev/null").code, 0);
    assert_ne!(lab.sh("container-rebuild run wasabi -- chown 0:0 /data/secret 2>/dev/null").code, 0);
    // What may only be read is all the guest's root's, as in any other guest.
    assert_eq!(run(&lab, "cat /read/secret; stat -c %u /read/secret"), "secret\n0\n");
    assert_ne!(lab.sh("container-rebuild run wasabi -- touch /read/new 2>/dev/null").code, 0);
    assert_ne!(lab.sh("container-rebuild run wasabi -- mount -o remount,rw,bind /read 2>/dev/null").code, 0);

    let again = lab.switch(&host(&[&other, &pick]));
    assert!(again.before.kept(&again.after, "wasabi"));
    // Its own root's files are its own after a restart, a reboot of the guest, and one of the host.
    lab.sh("container-rebuild restart wasabi").ok();
    assert_eq!(run(&lab, "stat -c %u /data/program"), "0\n");
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
