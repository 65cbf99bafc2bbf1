//! Checks the user namespace of a container.

use std::collections::BTreeMap;

use super::{Checker, texts};
use crate::diag::{Code, Diagnostic};
use crate::model::path::{At, OptionPath};
use crate::model::spec::{Network, Users};
use crate::model::{Container, ContainerName, users as lower};

/// Options that systemd-nspawn(1) accepts after the mount point of a bind mount.
const OPTIONS: [&str; 6] = ["rbind", "norbind", "idmap", "noidmap", "rootidmap", "owneridmap"];

impl Checker<'_> {
    /// The user-namespace mapping of the guest, if it is known and possible.
    pub(super) fn users(
        &mut self,
        name: &ContainerName,
        c: &Container,
        network: Option<&Network>,
        path: At<'_>,
    ) -> Option<Users> {
        self.are_no_flag(c, path);
        let at = path.join("privateUsers");
        let private_users = self.need(&c.private_users, at)?;
        let Some(users) = lower::users(name, private_users) else {
            let message =
                format!("no range of users of `{name}` can begin at the number that `privateUsers` gives");
            let diagnostic = Diagnostic::error(Code::OptionType, message)
                .help("give a multiple of 65536, from 65536 to 4294836224, or `\"pick\"`");
            self.find(diagnostic, at);
            return None;
        };
        if users.are_private() {
            self.has_a_network_for_them(name, network, at);
            self.mounts_are_mapped(c, path);
        }
        Some(users)
    }

    /// Rejects flags that set up a user namespace: mounts and network are adapted only to `privateUsers`.
    fn are_no_flag(&mut self, c: &Container, path: At<'_>) {
        let mut flags =
            texts(&c.extra_flags).flat_map(|(index, flag)| flag.split_whitespace().map(move |word| (index, word)));
        let Some((index, flag)) = flags.find(|(_, flag)| *flag == "-U" || flag.starts_with("--private-users"))
        else {
            return;
        };
        let message = format!("`{flag}` in `extraFlags` is not supported");
        let diagnostic = Diagnostic::error(Code::NotSupported, message)
            .help("set `privateUsers` instead: interfaces, bind mounts and devices are then made to fit");
        let located = self.locate_element(diagnostic, &path.join("extraFlags").path(), index);
        self.out.unsupported.push(located);
    }

    /// Requires a network namespace that the user namespace owns: the kernel grants no privileges over any other.
    fn has_a_network_for_them(&mut self, name: &ContainerName, network: Option<&Network>, at: At<'_>) {
        let why = match network {
            None | Some(Network::Private(_)) => return,
            Some(Network::Host) => {
                "in the host's network none of them may open a port below 1024, nor load a firewall"
            }
            Some(Network::Named(_)) => {
                "systemd-nspawn cannot join a network namespace with them (\"Operation not permitted\")"
            }
        };
        let message = format!("private users of `{name}` are not supported without `privateNetwork`: {why}");
        let help = match network {
            Some(Network::Named(_)) => {
                "remove `privateUsers`, or set `privateNetwork` instead of `networkNamespace`"
            }
            _ => "set `privateNetwork = true;`, or remove `privateUsers`",
        };
        let diagnostic = Diagnostic::error(Code::NotSupported, message).help(help);
        let located = self.locate(diagnostic, &at.path());
        self.out.unsupported.push(located);
    }

    /// Rejects mapping options after the mount point. NixOS accepts them there, but here they would become part of the path.
    fn mounts_are_mapped(&mut self, c: &Container, path: At<'_>) {
        for (key, bind) in c.bind_mounts.known().into_iter().flatten() {
            let Some(mount) = bind.known().and_then(|bind| bind.mount_point.known()) else { continue };
            let Some((plain, options)) = mount.rsplit_once(':') else { continue };
            if options.split(',').all(|option| OPTIONS.contains(&option)) {
                let message = format!("`{options}` behind the mount point {plain} is not supported");
                let diagnostic = Diagnostic::error(Code::NotSupported, message).help(
                    "remove it: the bind mounts of a container with private users are mapped to them by themselves",
                );
                let located = self.locate(diagnostic, &path.join("bindMounts").join(key).path());
                self.out.unsupported.push(located);
            }
        }
    }

    /// Reports ranges of users that two containers would share.
    pub(super) fn users_taken_twice(&mut self) {
        let mut taken: BTreeMap<u32, (ContainerName, OptionPath)> = BTreeMap::new();
        for (name, c) in &self.manifest.containers {
            let users = c.private_users.known().and_then(|private_users| lower::users(name, private_users));
            let Some(base) = users.and_then(Users::base) else { continue };
            let at = OptionPath::new(["containers", name.as_str(), "privateUsers"]);
            if let Some((first, there)) = taken.get(&base) {
                let message = format!("the users of `{first}` and `{name}` are the same, from {base} on");
                let help = "give one of them another number: another multiple of 65536";
                self.find_beside(Diagnostic::error(Code::OptionCombination, message).help(help), &at, there);
            } else {
                taken.insert(base, (name.clone(), at));
            }
        }
    }
}
