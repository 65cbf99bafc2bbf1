//! The sources of bind mounts: mounts that they lie on, directories that are made, and symlinks.

use crate::settings::with_settings;
use crate::support::{Lab, host, web, with};

/// A container with this source at `/data`.
fn bound(name: &str, last: u8, source: &str) -> String {
    let bind = format!("bindMounts.\"/data\" = {{ hostPath = \"{source}\"; isReadOnly = false; }}; autoStart");
    with(&web(name, last), "autoStart", &bind)
}

/// Writes the unit of a mount.
fn mount_unit(lab: &Lab, name: &str, settings: &str) {
    lab.write(&format!("/etc/systemd/system/{name}.mount"), &format!("[Mount]\n{settings}\n"));
    lab.sh("systemctl daemon-reload").ok();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_guest_never_starts_on_an_empty_mount_point() {
    let lab = Lab::empty();
    lab.sh("mkdir -p /root/disk/web /srv/data /srv/other && echo precious > /root/disk/web/file").ok();
    mount_unit(&lab, "srv-data", "What=/root/disk\nWhere=/srv/data\nType=none\nOptions=bind");
    mount_unit(&lab, "srv-other", "What=tmpfs\nWhere=/srv/other\nType=tmpfs\nOptions=size=nonsense");
    let file = || lab.sh("container-rebuild run wasabi -- cat /data/file").ok();

    // The source exists on what is mounted there only.
    let created = lab.switch(&host(&[&bound("wasabi", 11, "/srv/data/web")]));
    assert!(
        created.said.err.contains("/srv/data is not mounted yet: srv-data.mount is started first"),
        "{created:#?}"
    );
    assert_eq!(file(), "precious\n");

    // systemd stops the container with its mount, and mounts again before it starts the container, whoever asks for that.
    lab.sh("systemctl stop srv-data.mount && ! systemctl is-active --quiet container@wasabi").ok();
    lab.sh("test ! -e /srv/data/web && systemctl start container@wasabi").ok();
    assert_eq!(file(), "precious\n");
    lab.sh("systemctl stop srv-data.mount").ok();
    lab.switch(&host(&[&bound("wasabi", 11, "/srv/data/web")]));
    assert_eq!(file(), "precious\n");

    // A mount that fails is an error before anything stops, also if the mount point exists.
    let before = lab.observe();
    lab.write("/root/host.nix", &host(&[&bound("wasabi", 11, "/srv/other")]));
    let failed = lab.sh("container-rebuild switch --yes /root/host.nix");
    assert_eq!(failed.code, 1, "{failed:#?}");
    assert!(
        failed.err.contains("`wasabi`: cannot mount /srv/other: srv-other.mount: the start job"),
        "{failed:#?}"
    );
    // From then on systemd knows.
    let refused = lab.sh("container-rebuild switch --yes /root/host.nix");
    assert_eq!(refused.code, 1, "{refused:#?}");
    assert!(refused.err.contains("/srv/other is not mounted (srv-other.mount failed)"), "{refused:#?}");
    assert!(before.kept(&lab.observe(), "wasabi"));
    assert_eq!(file(), "precious\n");

    mount_unit(&lab, "srv-other", "What=tmpfs\nWhere=/srv/other\nType=tmpfs");
    lab.sh("systemctl start srv-other.mount && echo other > /srv/other/file").ok();
    let other = lab.switch(&host(&[&bound("wasabi", 11, "/srv/other")]));
    assert_eq!(other.cost("wasabi"), "restart");
    assert_eq!(file(), "other\n");

    lab.switch(&host(&[]));
    lab.sh("systemctl stop srv-data.mount srv-other.mount && rm -r /root/disk /srv/data /srv/other
         rm /etc/systemd/system/srv-*.mount && systemctl daemon-reload")
        .ok();
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_missing_source_is_created_with_its_owner_and_mode() {
    let lab = Lab::empty();
    let asked = |user: &str| {
        let container = bound("wasabi", 11, "/srv/new/web");
        let wanted = format!(
            "services.container-rebuild.containers.wasabi.bindSources.\"/srv/new/web\" = {{ user = {user}; group = \"www-data\"; mode = \"2750\"; }};"
        );
        with_settings(&[&container], &wanted)
    };
    let owner = || lab.sh("stat -c '%u %G %a' /srv/new/web").ok();

    // An owner that does not exist is an error before anything stops.
    lab.switch(&host(&[&web("wasabi", 11)]));
    let before = lab.observe();
    lab.write("/root/host.nix", &asked("\"nobody-there\""));
    let failed = lab.sh("container-rebuild switch --yes /root/host.nix");
    assert_eq!(failed.code, 1, "{failed:#?}");
    let expected = "`wasabi`: cannot create /srv/new/web: the host has no user `nobody-there`";
    assert!(failed.err.contains(expected), "{failed:#?}");
    assert!(before.kept(&lab.observe(), "wasabi"));
    lab.sh("test ! -e /srv/new").ok();

    let created = lab.switch(&asked("33"));
    assert!(created.said.err.contains("/srv/new/web does not exist yet: it is created first"), "{created:#?}");
    assert_eq!(owner(), "33 www-data 2750\n");
    assert_eq!(lab.sh("stat -c '%u %a' /srv/new; ls -A /srv/new").ok(), "0 755\nweb\n");
    assert_eq!(lab.sh("container-rebuild run wasabi -- stat -c '%u %a' /data").ok(), "33 2750\n");

    // One that exists stays as it is, and one that went away is back at the next start, whoever asks for that.
    lab.sh("chmod 00700 /srv/new/web && container-rebuild restart wasabi").ok();
    assert_eq!(owner(), "33 www-data 700\n");
    lab.sh("systemctl stop container@wasabi && rm -r /srv/new && systemctl start container@wasabi").ok();
    assert_eq!(owner(), "33 www-data 2750\n");

    // It is not removed with the container.
    lab.switch(&host(&[]));
    lab.sh("rmdir /srv/new/web /srv/new").ok();
    lab.finish();
}

/// Lets `/srv/secrets` lead to a new directory with this secret, as tools that deploy secrets do.
fn deploy(lab: &Lab, number: u32, secret: &str) {
    let former = number - 1;
    lab.sh(&format!(
        "mkdir -p /srv/secrets.d/{number} && echo {secret} >/srv/secrets.d/{number}/key
         ln -sfn /srv/secrets.d/{number} /srv/secrets && rm -rf /srv/secrets.d/{former}"
    ))
    .ok();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_secret_that_was_deployed_anew_reaches_the_running_guest() {
    let lab = Lab::empty();
    deploy(&lab, 1, "first");
    let shared = bound("wasabi", 11, "/srv/secrets/key");
    let private = bound("sambal", 12, "/srv/secrets").replace("autoStart", "privateUsers = \"pick\"; autoStart");
    let both = host(&[&shared, &private]);
    lab.switch(&both);
    let see = |name: &str, path: &str| lab.sh(&format!("container-rebuild run {name} -- cat {path}")).ok();
    assert_eq!((see("wasabi", "/data"), see("sambal", "/data/key")), ("first\n".into(), "first\n".into()));

    deploy(&lab, 2, "second");
    let moved = lab.switch(&both);
    assert_eq!(moved.cost("wasabi"), "reload");
    let said = &moved.said.err;
    assert!(said.contains("`wasabi`: /srv/secrets/key leads elsewhere since it was mounted"), "{said}");
    // Private users cannot get mounts while they run, and a secret is no reason for a restart.
    assert!(said.contains("`sambal`: /srv/secrets leads elsewhere since it was mounted"), "{said}");
    assert!(said.contains("until you restart it: container-rebuild restart sambal"), "{said}");
    for name in ["wasabi", "sambal"] {
        assert!(moved.before.kept(&moved.after, name), "{moved:#?}");
    }
    assert_eq!(see("wasabi", "/data"), "second\n");

    lab.sh("container-rebuild restart sambal").ok();
    assert_eq!(see("sambal", "/data/key"), "second\n");
    let nothing = lab.sh("container-rebuild plan /root/host.nix");
    assert!(!nothing.err.contains("leads elsewhere"), "{nothing:#?}");

    // It can move any number of times, and a mount that was added to a running guest can, too.
    let added = shared.replace("autoStart", "bindMounts.\"/all\".hostPath = \"/srv/secrets\"; autoStart");
    let added = host(&[&added, &private]);
    assert_eq!(lab.switch(&added).cost("wasabi"), "reload");
    deploy(&lab, 3, "third");
    let moved = lab.switch(&added);
    assert!(moved.before.kept(&moved.after, "wasabi"));
    assert_eq!((see("wasabi", "/data"), see("wasabi", "/all/key")), ("third\n".into(), "third\n".into()));
    assert_ne!(lab.sh("container-rebuild run wasabi -- touch /all/new 2>/dev/null").code, 0, "it is read-only");

    lab.sh("echo '{ }' >/root/nothing.nix && container-rebuild switch --yes --allow-remove /root/nothing.nix").ok();
    lab.sh("test -z \"$(ls -A /run/container-rebuild/sources)\" && rm -r /srv/secrets /srv/secrets.d").ok();
    lab.finish();
}
