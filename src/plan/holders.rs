//! Which containers hold an address, so that no forward leads to somebody else's.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use crate::model::ContainerName;

/// The containers that hold each address.
#[derive(Debug, Default)]
pub(super) struct Holders<'a>(BTreeMap<IpAddr, BTreeSet<&'a ContainerName>>);

impl<'a> Holders<'a> {
    pub(super) fn new(held: &'a BTreeMap<ContainerName, BTreeSet<IpAddr>>) -> Self {
        let mut holders = BTreeMap::<_, BTreeSet<_>>::new();
        for (name, addresses) in held {
            for address in addresses {
                holders.entry(*address).or_default().insert(name);
            }
        }
        Self(holders)
    }

    /// Whether a forward may lead to the address: one of this container, because no other holds it; or one of the host, because no
    /// container holds it that `gives` it another.
    ///
    /// `gives` says whether a container is to have the address, or that its addresses are not up to us.
    pub(super) fn lets(
        &self,
        whose: Option<&ContainerName>,
        address: IpAddr,
        gives: impl Fn(&ContainerName, IpAddr) -> bool,
    ) -> bool {
        match whose {
            Some(name) => self.may_lead(name, address),
            None => self.0.get(&address).is_none_or(|holders| holders.iter().all(|holder| gives(holder, address))),
        }
    }

    /// Whether a forward of this container may lead to the address, because no other container holds it.
    fn may_lead(&self, name: &ContainerName, address: IpAddr) -> bool {
        self.0.get(&address).is_none_or(|holders| holders.iter().all(|holder| *holder == name))
    }
}
