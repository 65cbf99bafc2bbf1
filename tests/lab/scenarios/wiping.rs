//! What is removed and what never is: old roots, generations and temporary roots are removed, but nothing that is mounted
//! in them.

use crate::support::{Lab, host, web, with};

/// The host's path of the container's root.
const ROOT: &str = "root=$(machinectl show --property=RootDirectory --value res)";

/// Creates data of the host that must not be lost: on disk, and in memory, where more counts as temporary.
fn precious(lab: &Lab) {
    lab.sh("for it in /srv/precious /run/precious; do mkdir -p $it/sub; echo data >$it/file; echo more >$it/sub/file; done").ok();
}

#[track_caller]
fn is_intact(lab: &Lab, what: &str) {
    for path in ["/srv/precious", "/run/precious"] {
        assert_eq!(lab.sh(&format!("cat {path}/file {path}/sub/file")).out, "data\nmore\n", "{what}: {path}");
    }
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn what_somebody_mounted_in_an_ephemeral_root_is_kept_and_named_and_the_container_comes_up() {
    let lab = Lab::empty();
    precious(&lab);
    lab.switch(&host(&[&web("res", 14)]));
    let restart = "container-rebuild restart res";
    let systemd = "systemctl restart container@res";
    let killed = "kill -KILL $(systemctl show -P MainPID container@res)";
    let all_killed = "systemctl kill -s KILL container@res";
    // Mounted below the root, on a file in it, and on the root itself; systemd and systemd-nspawn would descend into all of them.
    for (of, at, stop) in [
        ("/srv/precious", "mnt/x", restart),
        ("/srv/precious", "mnt/x", killed),
        ("/srv/precious/file", "etc/machine-id", systemd),
        ("/srv/precious", "", systemd),
        ("/run/precious", "", restart),
        ("/run/precious", "srv", all_killed),
    ] {
        let what = format!("{of} at `{at}`, {stop}");
        let leader = lab.observe().machines["res"].leader;
        let mounted = lab.sh(&format!(
            "{ROOT}; at=$root/{at}; [[ -e $at ]] || mkdir -p $at; mount --bind {of} $at; realpath $at"
        ));
        let mounted = mounted.ok();
        let mounted = mounted.trim();
        let cursor = lab.sh("journalctl -n0 --show-cursor | sed -n 's/^-- cursor: //p'").ok();
        let said = lab.sh(stop);
        assert_eq!(said.code, 0, "{what}: {said:#?}");
        assert!(lab.restarts("res", leader), "{what}: {}", lab.sh("systemctl status container@res").out);
        is_intact(&lab, &what);
        assert!(lab.page("http://192.168.100.14/").contains("one@example.org"), "{what}");
        let journal = lab.sh(&format!("journalctl --after-cursor='{}' -u container@res", cursor.trim())).ok();
        assert!(journal.contains(&format!("{mounted} (of {of})")), "{what}: {journal}");
        if stop == restart {
            let named = said.err.contains(&format!(
                "warning[foreign-mount]: cannot remove a former root of `res`: {mounted} (of {of})"
            ));
            assert!(named, "{what}: {said:#?}");
        }
        // The mount survives; once it is gone, the next stop removes the rest.
        lab.sh(&format!("umount {mounted} && {restart}")).ok();
        let roots = "find /run/nixos-containers -mindepth 1 -maxdepth 1 -type d | wc -l";
        assert_eq!(lab.sh(roots).ok(), "1\n", "{what}");
    }
    is_intact(&lab, "at the end");
    // A switch that removes the container reports the mount and still succeeds.
    let mounted =
        lab.sh(&format!("{ROOT}; mkdir -p $root/mnt/x; mount --bind /srv/precious $root/mnt/x; echo $root/mnt/x"));
    let mounted = mounted.ok();
    lab.write("/root/host.nix", "{ }\n");
    let said = lab.sh("container-rebuild switch --yes --allow-remove /root/host.nix");
    let named = said.err.contains("warning[foreign-mount]: cannot remove a former root of `res`")
        && said.err.contains(mounted.trim());
    assert!(said.code == 0 && named, "{said:#?}");
    is_intact(&lab, "the container was removed");
    // The next switch on this host removes what is left of the root.
    lab.sh(&format!("umount {mounted}")).ok();
    lab.sh("container-rebuild switch --yes /root/host.nix").ok();
    assert_eq!(lab.sh("ls -A /run/nixos-containers").ok(), "");
    lab.sh("rm -r /srv/precious /run/precious").ok();
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn old_generations_go_with_their_roots_and_what_killed_runs_left_goes_too() {
    let lab = Lab::empty();
    let of = |seconds: usize, keep: &str| {
        let timed = with(&web("res", 14), "autoStart", &format!("timeoutStartSec = \"{seconds}s\"; autoStart"));
        with(&host(&[&timed]), "  networking", &format!("  {keep}\n  networking"))
    };
    let switch = "container-rebuild switch --yes --allow-remove /root/host.nix";
    let count = "ls /var/lib/container-rebuild/generations | wc -l; \
                 find /nix/var/nix/gcroots/container-rebuild -name 'generation-*' | wc -l";
    for seconds in 50..63 {
        lab.write("/root/host.nix", &of(seconds, ""));
        lab.sh(switch).ok();
    }
    assert_eq!(lab.sh(count).ok(), "10\n10\n");
    // A run that is killed while it builds. The configuration declares our own options, because NixOS does not have them.
    let keep = |keep: usize| {
        let declared =
            "{ options.services.container-rebuild = lib.mkOption { type = lib.types.attrs; default = { }; }; }";
        of(70, &format!("imports = [ {declared} ]; services.container-rebuild.keepGenerations = {keep};"))
    };
    let other = with(&keep(3), "one@example.org", "two@example.org");
    lab.write("/root/host.nix", &other);
    let builds = "/run/container-rebuild/builds";
    lab.sh(&format!(
        "{switch} & pid=$!; for i in {{1..2000}}; do [[ -n $(ls {builds} 2>/dev/null) ]] && break; sleep 0.005; done; \
         kill -KILL $pid; wait $pid || true; [[ -n $(ls {builds}) ]]"
    ))
    .ok();
    // Its Nix ends with it. One that went on would create its symlink, and the directory around it, again.
    let builds_on = format!("pgrep -f '[-]-out-link {builds}'");
    lab.sh(&format!("for i in {{1..500}}; do {builds_on} || exit 0; sleep 0.01; done; exit 1")).ok();
    lab.sh("ln -s /nix/store /nix/var/nix/gcroots/container-rebuild/current-gone").ok();
    lab.sh(switch).ok();
    assert_eq!(lab.sh(count).ok(), "3\n3\n");
    assert_eq!(
        lab.sh(&format!("ls -A {builds}; ls /nix/var/nix/gcroots/container-rebuild | grep gone || true")).ok(),
        ""
    );
    assert_eq!(lab.plan().1, 0);
    lab.write("/root/host.nix", &keep(0));
    let said = lab.sh(switch);
    assert!(
        said.code == 1 && said.err.contains("error[option-type]: `0` is not a number of generations"),
        "{said:#?}"
    );
    lab.finish();
}
