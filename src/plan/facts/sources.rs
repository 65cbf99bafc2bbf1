//! The host paths that containers bind-mount.

use crate::model::Manifest;

/// The source of a bind mount.
pub(super) struct Source<'a> {
    pub(super) container: &'a str,
    /// The name of the attribute.
    pub(super) key: &'a str,
    pub(super) host: &'a str,
    pub(super) mount: &'a str,
    /// Whether the guest may only read it. An unknown `isReadOnly` counts as read-only.
    pub(super) read_only: bool,
}

/// The known sources of all bind mounts.
pub(super) fn sources(manifest: &Manifest) -> Vec<Source<'_>> {
    let mut sources = Vec::new();
    if manifest.boot.enable_containers.known() == Some(&false) {
        return sources;
    }
    for (name, container) in &manifest.containers {
        for (key, bind) in container.bind_mounts.known().into_iter().flatten() {
            let Some(bind) = bind.known() else { continue };
            let (Some(mount), Some(host)) = (bind.mount_point.known(), bind.host_path.known()) else { continue };
            let host = host.as_ref().unwrap_or(mount);
            // The check of the configuration itself reports a relative path.
            if host.starts_with('/') {
                let read_only = bind.is_read_only.known() != Some(&false);
                sources.push(Source { container: name.as_str(), key, host, mount, read_only });
            }
        }
    }
    sources
}
