//! Checks bind mounts of guests with private users: whether they can be id-mapped, and whether the guest can write to them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::sources::{Source, sources};
use crate::diag::{Code, Diagnostic};
use crate::model::path::OptionPath;
use crate::model::spec::Users;
use crate::model::{ContainerName, Manifest, users};
use crate::state::PathFacts;

/// The host paths that are bind-mounted into such guests.
pub(super) fn wanted(manifest: &Manifest) -> BTreeSet<PathBuf> {
    bound(manifest).map(|(source, _)| PathBuf::from(source.host)).collect()
}

/// What is wrong with these paths, each with the option that names it.
pub(super) fn findings(manifest: &Manifest, facts: &BTreeMap<PathBuf, PathFacts>) -> Vec<(Diagnostic, OptionPath)> {
    let mut findings = Vec::new();
    for (Source { container, key, host, mount, read_only, .. }, base) in bound(manifest) {
        let Some(facts) = facts.get(&PathBuf::from(host)) else { continue };
        let option = OptionPath::new(["containers", container, "bindMounts", key, "hostPath"]);
        if facts.is_mappable == Some(false) {
            let message = format!(
                "`{container}`: {host} cannot be mapped to private users: its file system, or one below it, has no support for \
                 id-mapped mounts"
            );
            let diagnostic = Diagnostic::error(Code::PrivateUsersBinds, message).help(
                "use a path on a file system that supports them (ext4, xfs, btrfs), or remove `privateUsers`",
            );
            findings.push((diagnostic, option));
        } else if !read_only && !is_writable(facts, base) {
            let message = format!(
                "`{container}`: {host} belongs to the host's user {}, which is `nobody` in the guest, so the guest cannot \
                 write to {mount}",
                facts.owner
            );
            let help = format!(
                "change its owner to the guest's user, by its number in the guest (`chown 33:33 {host}` for user 33), or to \
                 the guest's root (`chown {base}:{base} {host}`)"
            );
            findings.push((Diagnostic::warning(Code::PrivateUsersBinds, message).help(help), option));
        }
    }
    findings
}

/// The bind mounts of guests with private users, each with the first user ID of the guest's range.
fn bound(manifest: &Manifest) -> impl Iterator<Item = (Source<'_>, u32)> {
    sources(manifest).into_iter().filter_map(|source| {
        let name = ContainerName::new(source.container).ok()?;
        let private_users = manifest.containers.get(&name)?.private_users.known()?;
        Some((source, users::users(&name, private_users)?.base()?))
    })
}

/// Whether any user of the guest can write to the path.
fn is_writable(facts: &PathFacts, base: u32) -> bool {
    let is_there = |id: u32| id == base || (1..Users::COUNT).contains(&id);
    let (others, group) = (0o002, 0o020);
    is_there(facts.owner) || facts.mode & others != 0 || (is_there(facts.group) && facts.mode & group != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_writable_by_users_that_exist_in_the_guest() {
        let base = 0x0008_0000;
        #[rustfmt::skip]
        let table = [
            // owner  group  mode   writable
            (0,       0,     0o755, false),
            (0,       0,     0o777, true),
            (0,       33,    0o755, false),
            (0,       33,    0o775, true),
            (33,      0,     0o700, true),
            (base,    base,  0o700, true),
            (base+33, base,  0o700, false),
            (0,       0,     0o775, false),
        ];
        for (owner, group, mode, expected) in table {
            let facts = PathFacts { owner, group, mode, is_mappable: None };
            assert_eq!(is_writable(&facts, base), expected, "{facts:?}");
        }
    }
}
