//! The sources of bind mounts: mounts that they lie on, directories that are made, and symlinks.

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
