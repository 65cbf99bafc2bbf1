//! The host paths that containers bind-mount.

use crate::diag::{Code, Diagnostic};
use crate::model::settings::Setting;
use crate::model::{Manifest, UNKNOWN_KEY};
use crate::state::AbsentMount;

/// The source of a bind mount.
pub(super) struct Source<'a> {
    pub(super) container: &'a str,
    /// The name of the attribute.
    pub(super) key: &'a str,
    pub(super) host: &'a str,
    pub(super) mount: &'a str,
    /// Whether the guest may only read it. An unknown `isReadOnly` counts as read-only.
    pub(super) read_only: bool,
    /// Whether it is created if it is missing, or that is unknown.
    is_created: bool,
}

impl Source<'_> {
    /// What there is to say about it, given whether it `is_missing` and which mounts that it lies on are `absent`.
    ///
    /// Below a mount point, a path that exists now is not the one that is meant, and one that does not exist may appear. systemd
    /// mounts first (`RequiresMountsFor=`), so an absent mount is wrong only if mounting it has failed.
    pub(super) fn finding(&self, is_missing: bool, absent: &[AbsentMount]) -> Option<Diagnostic> {
        let Self { container, host, mount, .. } = self;
        if let Some(AbsentMount { unit, at, .. }) = absent.iter().find(|mount| mount.has_failed) {
            let at = at.display();
            let message = format!(
                "`{container}`: {at} is not mounted ({unit} failed), but {host} is bind-mounted at {mount}"
            );
            let help = format!("see `systemctl status {unit}`, and mount it (`systemctl start {unit}`)");
            return Some(Diagnostic::error(Code::MissingHostPath, message).help(help));
        }
        if let Some(AbsentMount { unit, at, .. }) = absent.last() {
            let message = format!("`{container}`: {} is not mounted yet: {unit} is started first", at.display());
            return Some(Diagnostic::note(Code::MissingHostPath, message));
        }
        if is_missing && self.is_created {
            let message = format!("`{container}`: {host} does not exist yet: it is created first");
            return Some(Diagnostic::note(Code::MissingHostPath, message));
        }
        is_missing.then(|| {
            let message = format!("`{container}`: {host} does not exist, but is bind-mounted at {mount}");
            let help = format!("create it (`mkdir -p {host}`), correct `hostPath`, or list it in `bindSources`");
            Diagnostic::error(Code::MissingHostPath, message).help(help)
        })
    }
}

/// The known sources of all bind mounts.
pub(super) fn sources(manifest: &Manifest) -> Vec<Source<'_>> {
    let mut sources = Vec::new();
    if manifest.boot.enable_containers.known() == Some(&false) {
        return sources;
    }
    for (name, container) in &manifest.containers {
        let created = manifest.services.settings(name.as_str()).and_then(|it| it.get(Setting::BindSources.name()));
        for (key, bind) in container.bind_mounts.known().into_iter().flatten() {
            let Some(bind) = bind.known() else { continue };
            let (Some(mount), Some(host)) = (bind.mount_point.known(), bind.host_path.known()) else { continue };
            let host = host.as_ref().unwrap_or(mount);
            // The check of the configuration itself reports a relative path.
            if host.starts_with('/') {
                let read_only = bind.is_read_only.known() != Some(&false);
                let is_created =
                    created.is_some_and(|it| it.get(UNKNOWN_KEY).is_some() || it.get(host.as_str()).is_some());
                sources.push(Source { container: name.as_str(), key, host, mount, read_only, is_created });
            }
        }
    }
    sources
}
