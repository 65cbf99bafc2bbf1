//! Remembers whether the host forwarded packets before our rules needed it, so that the former setting can be restored.
//!
//! Kept below `/run`, since a boot resets the sysctls.
//!
//! Invariants:
//! - A sysctl that already had the value was set by someone else: it is not noted, and never touched.
//! - A sysctl that no longer has the value that we gave it was changed by someone else since: it is left alone.

use std::collections::BTreeMap;
use std::fs;
use std::io;

use serde::{Deserialize, Serialize};

use super::{atomic_file, nft, sysctl};
use crate::apply::{HostError, Sysctl};
use crate::render::nft::{IPV4_FORWARDING, IPV6_FORWARDING};
use crate::render::paths;
use crate::state::Rules;

/// Notes by the name of the sysctl.
type Notes = BTreeMap<String, Note>;

#[derive(Debug, Serialize, Deserialize)]
struct Note {
    former: String,
    given: String,
}

/// Notes the value of a forwarding sysctl before it is changed.
///
/// # Errors
/// If the note cannot be written.
pub(super) fn note(sysctl: &Sysctl) -> io::Result<()> {
    let Sysctl { name, value } = sysctl;
    // The other sysctls that rules need make no difference to a host that does not forward.
    if ![IPV4_FORWARDING, IPV6_FORWARDING].contains(&name.as_str()) {
        return Ok(());
    }
    let former = sysctl::get(name).filter(|former| former != value);
    let Some(former) = former else { return Ok(()) };
    let mut notes = notes();
    notes.insert(name.clone(), Note { former, given: value.clone() });
    write(&notes)
}

/// Whether the host forwards packets although we did not make it: those of IPv4, and those of IPv6.
pub(super) fn others_forward() -> [bool; 2] {
    let notes = notes();
    [IPV4_FORWARDING, IPV6_FORWARDING].map(|name| sysctl::is_on(name) && !notes.contains_key(name))
}

/// Restores all noted sysctls except those in `needed`.
///
/// # Errors
/// If one cannot be set, or the remaining notes cannot be written.
pub(super) fn restore(needed: &[Sysctl]) -> Result<(), HostError> {
    let failed = |path: std::path::PathBuf| move |source| HostError::File { what: "write", path, source };
    let mut notes = notes();
    let is_needed = |name: &String| needed.iter().any(|sysctl| sysctl.name == *name);
    let (kept, released): (Notes, Notes) =
        std::mem::take(&mut notes).into_iter().partition(|(name, _)| is_needed(name));
    if released.is_empty() {
        return Ok(());
    }
    // Another program that forwards may have set the same value, without a trace.
    let is_shared = nft::others_filter_forwards().unwrap_or(true);
    for (name, Note { former, given }) in released {
        if sysctl::get(&name) != Some(given) {
            continue;
        }
        if is_shared {
            tracing::info!("{name} stays as it is: another nftables table has rules for forwarded packets");
            continue;
        }
        let path = sysctl::path(&name);
        sysctl::set(&Sysctl { name, value: former }).map_err(failed(path))?;
    }
    let path = paths::former_sysctls();
    if kept.is_empty() { atomic_file::remove(&path) } else { write(&kept) }.map_err(failed(path))
}

/// Restores all of them unless our table, which needs them, is loaded: a run set them and was killed before it loaded any rules.
pub(super) fn restore_without_rules() {
    if notes().is_empty() || !matches!(nft::rules(), Ok(Rules::Absent)) {
        return;
    }
    if let Err(error) = restore(&[]) {
        tracing::debug!(%error, "cannot restore the sysctls that rules needed");
    }
}

/// Reads the notes. If they are unreadable, nothing is restored.
fn notes() -> Notes {
    let text = fs::read(paths::former_sysctls()).unwrap_or_default();
    serde_json::from_slice(&text).unwrap_or_default()
}

fn write(notes: &Notes) -> io::Result<()> {
    let json = serde_json::to_vec_pretty(notes).expect("notes have string keys only");
    atomic_file::write(&paths::former_sysctls(), &json, 0o644)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::netns::tests::empty_host;

    const NAME: &str = IPV4_FORWARDING;

    fn sysctl(value: &str) -> Sysctl {
        Sysctl { name: NAME.to_owned(), value: value.to_owned() }
    }

    fn set(value: &str) {
        sysctl::set(&sysctl(value)).expect("set");
    }

    fn need() {
        note(&sysctl("1")).expect("noted");
        set("1");
    }

    fn is_on() -> bool {
        sysctl::is_on(NAME)
    }

    #[test]
    fn only_sysctls_that_were_off_are_noted_and_only_once() {
        empty_host(|| {
            set("0");
            for _ in 0..2 {
                need();
                assert_eq!(others_forward(), [false, false]);
                assert_eq!(notes().into_values().map(|note| note.former).collect::<Vec<_>>(), ["0"]);
            }
            fs::remove_file(paths::former_sysctls()).expect("written");
            need();
            assert!(is_on() && notes().is_empty());
            assert_eq!(others_forward(), [true, false]);
            // A sysctl of an interface disappears with it.
            note(&Sysctl { name: "net.ipv4.conf.lo.route_localnet".to_owned(), value: "1".to_owned() })
                .expect("no need");
            assert!(notes().is_empty());
        });
    }

    #[test]
    fn sysctls_that_are_needed_shared_or_changed_by_others_stay() {
        empty_host(|| {
            set("0");
            need();
            restore(&[sysctl("1")]).expect("still needed");
            assert!(is_on() && !notes().is_empty());
            set("0");
            restore(&[]).expect("changed by someone else");
            assert!(!is_on() && notes().is_empty());
            need();
            // There is no nft here to show that nobody shares it.
            restore(&[]).expect("left alone");
            assert!(is_on() && notes().is_empty());
        });
    }
}
