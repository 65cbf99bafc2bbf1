//! Interfaces of the host that would have the same name, which the kernel refuses.
//!
//! `model::check` covers extra veths and interfaces that two containers claim. This lint covers the interface that is named
//! after a container, and those that the host's configuration creates.

use std::collections::BTreeMap;

use super::addresses::{is_private, known};
use super::subject::{Each, Subject, in_view};
use crate::diag::{Code, Diagnostic};
use crate::model::Field;
use crate::model::path::OptionPath;
use crate::render::interface::{bridge_end, host_end};

/// Options of the host that create interfaces, whose names are the members.
const MAKING: [&str; 10] = [
    "networking.bonds",
    "networking.bridges",
    "networking.greTunnels",
    "networking.macvlans",
    "networking.sits",
    "networking.vlans",
    "networking.vswitches",
    "networking.wg-quick.interfaces",
    "networking.wireguard.interfaces",
    "networking.wlanInterfaces",
];

/// What an interface belongs to.
enum Owner {
    /// A container: through this option, or by its own name if there is none.
    Container(String, OptionPath),
    /// The host, which creates it by the option with this path.
    Host(Vec<&'static str>),
    /// The host, which must have it because this option refers to it.
    Named(OptionPath),
}

pub(super) fn lint(subject: Subject<'_>) -> Vec<Diagnostic> {
    let mut taken: BTreeMap<String, Owner> = BTreeMap::new();
    for option in MAKING {
        let path: Vec<&'static str> = option.split('.').collect();
        for (name, _) in subject.host.find(&path).members() {
            taken.insert(name.clone(), Owner::Host(path.clone()));
        }
    }
    // A bridge that a container joins exists. (NAT's external interface does not count: it may be a container's.)
    let containers: Vec<Each<'_>> = subject.containers().collect();
    let bridges = containers
        .iter()
        .filter(|each| is_private(each))
        .filter_map(|each| Some((known(&each.container.host_bridge)?, each.path.join("hostBridge"))));
    for (name, path) in bridges {
        taken.entry(name.to_owned()).or_insert(Owner::Named(path));
    }
    let mut found = Vec::new();
    // Containers' own interfaces claim their names first: in a conflict, the other interface is to be renamed.
    for each in subject.containers().filter(is_private) {
        let Some(interface) = own_interface(&each) else { continue };
        let at = each.path.join("privateNetwork");
        if let Some(owner) = taken.get(&interface) {
            let help = "rename the container, or the other interface";
            found.push(clash(subject, &each, &interface, owner, (&at, help)));
        } else {
            taken.insert(interface, Owner::Container(each.name.as_str().to_owned(), at));
        }
    }
    for each in subject.containers() {
        for veth in each.container.extra_veths.known().into_iter().flatten().map(|(name, _)| name) {
            if let Some(owner) = taken.get(veth) {
                let at = each.path.join("extraVeths").join(veth);
                found.push(clash(subject, &each, veth, owner, (&at, "give the extra veth another name")));
            }
        }
        for (index, element) in each.container.interfaces.known().into_iter().flatten().enumerate() {
            let Some(name) = element.known().and_then(|text| text.split(':').next()) else { continue };
            if let Some(owner @ Owner::Container(..)) = taken.get(name) {
                let message = clash_message(&each, name, owner);
                let diagnostic =
                    Diagnostic::error(Code::InterfaceName, message).help("name an interface that nobody else has");
                let diagnostic =
                    subject.at_element(diagnostic, &each.path.join("interfaces"), index, "wanted here");
                found.push(beside(subject, diagnostic, name, owner));
            }
        }
    }
    found
}

/// The host's end of the pair that is named after a container.
fn own_interface(each: &Each<'_>) -> Option<String> {
    let c = each.container;
    if known(&c.host_bridge).is_some() {
        return Some(bridge_end(each.name).name);
    }
    let fields = [&c.host_address, &c.host_address6, &c.local_address, &c.local_address6, &c.local_mac_address];
    let is_set = |field: &&Field<Option<String>>| known(field).is_some();
    (c.host_bridge.known().is_some() && fields.iter().any(is_set)).then(|| host_end(each.name).name)
}

fn clash_message(each: &Each<'_>, interface: &str, owner: &Owner) -> String {
    match owner {
        Owner::Container(other, _) if other == each.name.as_str() => {
            format!("the interface `{interface}` of the host would be two of `{other}`")
        }
        Owner::Container(other, _) => {
            format!("the interface `{interface}` of the host would be both `{other}`'s and one of `{}`", each.name)
        }
        Owner::Named(path) => {
            format!(
                "the interface `{interface}` of `{}` is called like the one of the host that `{path}` names",
                each.name
            )
        }
        Owner::Host(path) => {
            format!(
                "the interface `{interface}` of `{}` is called like one that the host makes (`{}`)",
                each.name,
                path.join(".")
            )
        }
    }
}

fn clash(
    subject: Subject<'_>,
    each: &Each<'_>,
    interface: &str,
    owner: &Owner,
    (at, help): (&OptionPath, &str),
) -> Diagnostic {
    let message = clash_message(each, interface, owner);
    let diagnostic = subject.at(Diagnostic::error(Code::InterfaceName, message).help(help), at, "wanted here");
    beside(subject, diagnostic, interface, owner)
}

/// Points the diagnostic to the other claim of the interface too.
fn beside(subject: Subject<'_>, diagnostic: Diagnostic, interface: &str, owner: &Owner) -> Diagnostic {
    match owner {
        Owner::Container(_, at) | Owner::Named(at) => subject.at(diagnostic, at, "taken here already"),
        Owner::Host(path) => {
            let path: Vec<&str> = path.iter().copied().chain([interface]).collect();
            in_view(diagnostic, subject.host, &path, "taken here already")
        }
    }
}
