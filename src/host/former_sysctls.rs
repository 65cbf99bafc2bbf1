//! Whether the host forwarded before rules needed it to, so that it can be given back.
//!
//! Kept below `/run`: a boot sets it anew.
//!
//! Invariants:
//! - One that had the value already was somebody else's doing, is not noted, and never touched.
//! - One that has another value by now than it was given is somebody else's by now.

use std::collections::BTreeMap;
use std::fs;
use std::io;

use serde::{Deserialize, Serialize};

use super::{atomic_file, nft, sysctl};
use crate::apply::{HostError, Sysctl};
use crate::render::nft::{IPV4_FORWARDING, IPV6_FORWARDING};
use crate::render::paths;
use crate::state::Rules;

/// By the name of the sysctl.
type Notes = BTreeMap<String, Note>;

#[derive(Debug, Serialize, Deserialize)]
struct Note {
    former: String,
    given: String,
}

/// Notes what a sysctl is, where it is one of forwarding and about to be changed.
///
/// # Errors
/// When that cannot be written.
pub(super) fn note(sysctl: &Sysctl) -> io::Result<()> {
    let Sysctl { name, value } = sysctl;
    // The others that rules need change nothing for a host that does not forward.
    if ![IPV4_FORWARDING, IPV6_FORWARDING].contains(&name.as_str()) {
        return Ok(());
    }
    let former = sysctl::get(name).filter(|former| former != value);
    let Some(former) = former else { return Ok(()) };
    let mut notes = notes();
    notes.insert(name.clone(), Note { former, given: value.clone() });
    write(&notes)
}

/// Gives back those that no rules need any more: all that were noted but `needed`.
///
/// # Errors
/// When one cannot be set, or what is left cannot be written.
pub(super) fn restore(needed: &[Sysctl]) -> Result<(), HostError> {
    let failed = |path: std::path::PathBuf| move |source| HostError::File { what: "write", path, source };
    let mut notes = notes();
    let is_needed = |name: &String| needed.iter().any(|sysctl| sysctl.name == *name);
    let (kept, released): (Notes, Notes) =
        std::mem::take(&mut notes).into_iter().partition(|(name, _)| is_needed(name));
    if released.is_empty() {
        return Ok(());
    }
    // A firewall or another program that forwards may have set the same value, which nobody could see.
    let is_shared = nft::others_filter_forwards().unwrap_or(true);
    for (name, Note { former, given }) in released {
        if sysctl::get(&name) != Some(given) {
            continue;
        }
        if is_shared {
            tracing::info!("{name} is left as it is: others have rules for packets that are forwarded");
            continue;
        }
        let path = sysctl::path(&name);
        sysctl::set(&Sysctl { name, value: former }).map_err(failed(path))?;
    }
    let path = paths::former_sysctls();
    if kept.is_empty() { atomic_file::remove(&path) } else { write(&kept) }.map_err(failed(path))
}

/// Gives all of them back if our table, which needs them, is not loaded: a run set them and was killed before it loaded any rules.
pub(super) fn restore_without_rules() {
    if notes().is_empty() || !matches!(nft::rules(), Ok(Rules::Absent)) {
        return;
    }
    if let Err(error) = restore(&[]) {
        tracing::debug!(%error, "cannot give back what rules needed");
    }
}

/// What is noted. What cannot be read says nothing, and then nothing is given back.
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
    fn what_was_off_before_is_noted_once_and_what_was_on_is_not() {
        empty_host(|| {
            set("0");
            for _ in 0..2 {
                need();
                assert_eq!(notes().into_values().map(|note| note.former).collect::<Vec<_>>(), ["0"]);
            }
            fs::remove_file(paths::former_sysctls()).expect("written");
            need();
            assert!(is_on() && notes().is_empty());
            // One of an interface goes with it.
            note(&Sysctl { name: "net.ipv4.conf.lo.route_localnet".to_owned(), value: "1".to_owned() })
                .expect("no need");
            assert!(notes().is_empty());
        });
    }

    #[test]
    fn what_is_needed_or_shared_or_changed_by_others_stays_as_it_is() {
        empty_host(|| {
            set("0");
            need();
            restore(&[sysctl("1")]).expect("still needed");
            assert!(is_on() && !notes().is_empty());
            set("0");
            restore(&[]).expect("somebody else's by now");
            assert!(!is_on() && notes().is_empty());
            need();
            // There is no nft here that would say that nobody shares it.
            restore(&[]).expect("left alone");
            assert!(is_on() && notes().is_empty());
        });
    }
}
