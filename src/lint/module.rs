//! Options of ours in a configuration without our NixOS module.

use super::Subject;
use crate::diag::{Code, Diagnostic};
use crate::model::path::OptionPath;

/// The finding that options of ours are set, for a configuration that does not declare them: with all of them that have a
/// location.
pub(crate) fn module_not_imported(subject: Subject<'_>) -> Option<Diagnostic> {
    let own = subject.manifest.services.container_rebuild.keys();
    let mut set: Vec<_> = own.map(|option| OptionPath::new(["services", "container-rebuild", option])).collect();
    // An unknown list is set, too.
    let dropping = subject
        .containers()
        .filter(|each| each.container.drop_capabilities.known().is_none_or(|list| !list.is_empty()));
    set.extend(dropping.map(|each| each.path.join("dropCapabilities")));
    // Settings taken from `systemd.services."container@NAME"` have no span of their own.
    set.retain(|path| subject.spans.nearest(path).is_some());
    let first = set.first()?;
    let message = format!("`{first}` is an option of container-rebuild, whose NixOS module is not imported");
    let help = "NixOS refuses this configuration: import `nix/module.nix` of container-rebuild (docs/settings.md), or allow this \
                if no NixOS evaluates it";
    let finding = Diagnostic::warning(Code::ModuleNotImported, message).help(help);
    Some(set.iter().fold(finding, |finding, path| subject.at(finding, path, "set here")))
}
