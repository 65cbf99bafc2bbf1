//! Computes the uid range of a guest from `privateUsers`.

use std::hash::Hasher;

use siphasher::sip::SipHasher24;

use super::spec::Users;
use super::{ContainerName, PrivateUsers, PrivateUsersMode};

/// The bases that systemd-nspawn picks from (systemd's `docs/UIDS-GIDS.md`).
const PICKED: std::ops::RangeInclusive<u32> = 0x0008_0000..=0x6fff_0000;

/// The highest base: the next range would contain 2^32 - 1, which is not a valid uid.
const HIGHEST: u32 = 0xfffe_0000;

/// The meaning of `privateUsers` for the container `name`; `None` if no range can begin at the number.
///
/// The picked range depends only on the name, so it survives restarts and reboots and is equal on all hosts. What the
/// guest's root wrote to a bind mount therefore stays its own.
pub(crate) fn users(name: &ContainerName, private_users: &PrivateUsers) -> Option<Users> {
    match private_users {
        PrivateUsers::Mode(PrivateUsersMode::No) | PrivateUsers::Base(0) => Some(Users::Shared),
        PrivateUsers::Mode(PrivateUsersMode::Identity) => Some(Users::Identity),
        PrivateUsers::Mode(PrivateUsersMode::Pick) => Some(Users::Picked(pick(name))),
        PrivateUsers::Base(base) => {
            (base.is_multiple_of(Users::COUNT) && *base <= HIGHEST).then_some(Users::Given(*base))
        }
    }
}

fn pick(name: &ContainerName) -> u32 {
    let mut hasher = SipHasher24::new();
    hasher.write(name.as_str().as_bytes());
    let bases = u64::from((PICKED.end() - PICKED.start()) / Users::COUNT) + 1;
    let index = u32::try_from(hasher.finish() % bases).expect("fewer than there are numbers");
    PICKED.start() + index * Users::COUNT
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(name: &str) -> ContainerName {
        ContainerName::new(name).expect("a good name")
    }

    #[test]
    fn a_range_begins_at_a_multiple_of_its_size_and_ends_before_nobody() {
        let of = |base| users(&name("web"), &PrivateUsers::Base(base));
        assert_eq!(of(0), Some(Users::Shared));
        for good in [65536, 0x0008_0000, HIGHEST] {
            assert_eq!(of(good), Some(Users::Given(good)));
        }
        for bad in [1, 1000, 65535, 65537, 100_000, 0xffff_0000, u32::MAX] {
            assert_eq!(of(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_is_picked_is_the_names_and_never_changes() {
        let pick = |text| users(&name(text), &PrivateUsers::Mode(PrivateUsersMode::Pick));
        // Files in bind mounts belong to these uids: a different algorithm would take them away from their guests.
        assert_eq!(pick("wasabi"), Some(Users::Picked(289_538_048)));
        for text in ["a", "b", "web", "web-1", "a-very-long-name-of-a-container"] {
            let base = pick(text).and_then(Users::base).expect("a base");
            assert!(PICKED.contains(&base) && base.is_multiple_of(Users::COUNT), "{text}: {base}");
        }
        assert_ne!(pick("a"), pick("b"));
    }
}
