//! Interface names and capabilities that cannot work, or that contradict each other.

use std::collections::BTreeSet;

use super::subject::{Each, Subject, label};
use crate::diag::{Code, Diagnostic, Fix};
use crate::model::path::OptionPath;
use crate::model::{ContainerName, List};
use crate::render::interface::{LONGEST, host_end};
use crate::source::Pos;
use crate::syntax::mend::literal;

pub(super) fn lint(subject: Subject<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for each in subject.containers() {
        found.extend(interfaces(subject, &each));
        found.extend(capabilities(subject, &each));
    }
    found.extend(patterns(subject));
    found
}

/// Interface names in containers that the kernel refuses: the container does not start.
fn interfaces(subject: Subject<'_>, each: &Each<'_>) -> Vec<Diagnostic> {
    let c = each.container;
    let mut names: Vec<(OptionPath, Option<usize>, &str, &str)> = Vec::new();
    if let Some(veths) = c.extra_veths.known() {
        let around = each.path.join("extraVeths");
        names.extend(veths.keys().map(|name| (around.join(name), None, name.as_str(), "extra veth")));
    }
    if let Some(Some(bridge)) = c.host_bridge.known() {
        names.push((each.path.join("hostBridge"), None, bridge, "bridge"));
    }
    for (list, option) in [(&c.interfaces, "interfaces"), (&c.macvlans, "macvlans")] {
        let elements = list.known().into_iter().flatten().enumerate();
        let elements = elements.filter_map(|(index, name)| Some((index, name.known()?)));
        // `HOST:GUEST`: both parts are names.
        let elements = elements.flat_map(|(index, name)| name.split(':').map(move |name| (index, name)));
        names.extend(elements.map(|(index, name)| (each.path.join(option), Some(index), name, "interface")));
    }
    let too_long = names.into_iter().filter(|(_, _, name, _)| name.len() > LONGEST);
    too_long
        .map(|(path, index, name, what)| {
            let message = format!(
                "the {what} `{name}` of `{}` has {} bytes in its name, and the kernel takes at most {LONGEST}",
                each.name,
                name.len()
            );
            let diagnostic = Diagnostic::error(Code::InterfaceName, message).help("give it a shorter name");
            at_option(subject, diagnostic, &path, index)
        })
        .collect()
}

/// Points the diagnostic to an option, or to an element of its list.
fn at_option(subject: Subject<'_>, diagnostic: Diagnostic, path: &OptionPath, index: Option<usize>) -> Diagnostic {
    match index {
        Some(index) => subject.at_element(diagnostic, path, index, ""),
        None => subject.at(diagnostic, path, ""),
    }
}

/// Rules for interface names that cannot exist: they never match.
fn patterns(subject: Subject<'_>) -> Vec<Diagnostic> {
    let networking = &subject.manifest.networking;
    let mut names: Vec<(OptionPath, Option<usize>, &str)> = Vec::new();
    let option = |names: &[&str]| OptionPath::new(["networking"].iter().chain(names).copied());
    for (list, path) in [
        (&networking.nat.internal_interfaces, option(&["nat", "internalInterfaces"])),
        (&networking.firewall.trusted_interfaces, option(&["firewall", "trustedInterfaces"])),
    ] {
        let elements = list.known().into_iter().flatten().enumerate();
        let elements = elements.filter_map(|(index, name)| Some((index, name.known()?)));
        names.extend(elements.map(|(index, name)| (path.clone(), Some(index), name.as_str())));
    }
    if let Some(Some(external)) = networking.nat.external_interface.known() {
        names.push((option(&["nat", "externalInterface"]), None, external));
    }
    if let Some(interfaces) = networking.firewall.interfaces.known() {
        let around = option(&["firewall", "interfaces"]);
        names.extend(interfaces.keys().map(|name| (around.join(name), None, name.as_str())));
    }
    let mut found = Vec::new();
    // The wildcard is `+` in iptables and `*` in nftables.
    if networking.nftables.enable.known() == Some(&true) {
        for (path, index, name) in names.iter().filter(|(_, _, name)| name.ends_with('+')) {
            let stem = name.trim_end_matches('+');
            let message = format!(
                "`{path}` has `{name}`, which is iptables' way to write a pattern: with nftables it is the name of one interface"
            );
            let help = format!("write `{stem}*`, which nixos-rebuild and container-rebuild both take");
            let diagnostic = Diagnostic::warning(Code::InterfaceName, message).help(help);
            let diagnostic = at_option(subject, diagnostic, path, *index);
            found.push(diagnostic.fix_there(|at| written_otherwise(at, name, &format!("{stem}*"))));
        }
    }
    let too_long = names.into_iter().filter(|(_, _, name)| name.len() > LONGEST && !name.ends_with(['*', '+']));
    found.extend(too_long.map(|(path, index, name)| {
        let message = format!(
            "`{path}` names the interface `{name}`, which there cannot be: the kernel takes at most {LONGEST} bytes"
        );
        let interface = name
            .strip_prefix("ve-")
            .and_then(|container| ContainerName::new(container).ok())
            .filter(|container| subject.manifest.containers.contains_key(container))
            .map(|container| host_end(&container).name);
        let help = match &interface {
            Some(interface) => {
                format!("the interface of this container is called `{interface}`; or take `ve-*` for all of them")
            }
            None => String::from("give its real name, which `ip link` shows"),
        };
        let diagnostic =
            at_option(subject, Diagnostic::warning(Code::InterfaceName, message).help(help), &path, index);
        match interface {
            Some(interface) => diagnostic.fix_there(|at| written_otherwise(at, name, &interface)),
            None => diagnostic,
        }
    }));
    found
}

/// A fix for a name that is written as a string or as an attribute name.
fn written_otherwise(at: Pos, name: &str, right: &str) -> Fix {
    Fix::First(vec![
        Fix::Rename { at, from: vec![name.to_owned()], to: literal(right) },
        Fix::Replace { at, string: name.to_owned(), by: literal(right) },
    ])
}

/// Capabilities that are both added and dropped: nspawn drops them.
fn capabilities(subject: Subject<'_>, each: &Each<'_>) -> Vec<Diagnostic> {
    let c = each.container;
    let (mut added, mut dropped) = (BTreeSet::new(), BTreeSet::new());
    let mut options = Vec::new();
    for (list, option, set) in [
        (&c.additional_capabilities, "additionalCapabilities", &mut added),
        (&c.drop_capabilities, "dropCapabilities", &mut dropped),
    ] {
        let before = set.len();
        for word in words(list) {
            set.extend(names(word));
        }
        if set.len() > before {
            options.push(option);
        }
    }
    let before = (added.len(), dropped.len());
    let flags: Vec<&str> = words(&c.extra_flags).flat_map(str::split_whitespace).collect();
    for (index, flag) in flags.iter().enumerate() {
        let value = |option: &str| match flag.strip_prefix(option)? {
            "" => flags.get(index + 1).copied(),
            value => value.strip_prefix('='),
        };
        added.extend(value("--capability").into_iter().flat_map(names));
        dropped.extend(value("--drop-capability").into_iter().flat_map(names));
    }
    if (added.len(), dropped.len()) != before {
        options.push("extraFlags");
    }
    if c.enable_tun.known() == Some(&true) && added.insert(String::from("CAP_NET_ADMIN")) {
        options.push("enableTun");
    }
    let both: Vec<&str> = added.intersection(&dropped).map(String::as_str).collect();
    if both.is_empty() {
        return Vec::new();
    }
    let message = format!("`{}` is given {} and has it taken away again", each.name, both.join(", "));
    let help = "dropping wins: remove it from one of the two lists";
    let mut diagnostic = Diagnostic::warning(Code::CapabilityConflict, message).help(help);
    for option in options {
        let path = each.path.join(option);
        let text = match option {
            "additionalCapabilities" | "enableTun" => "given here",
            "dropCapabilities" => "taken away here",
            _ => "and here",
        };
        diagnostic = match subject.spans.nearest(&path) {
            Some(span) => label(diagnostic, span, text),
            None => subject.at(diagnostic, &path, text),
        };
    }
    vec![diagnostic]
}

fn words(list: &List<String>) -> impl Iterator<Item = &str> {
    list.known().into_iter().flatten().filter_map(|word| word.known().map(String::as_str))
}

/// The single capabilities in a list. `all` is skipped, because it is not one.
fn names(list: &str) -> impl Iterator<Item = String> {
    let single = list.split(',').map(|name| name.trim().to_ascii_uppercase());
    single.filter(|name| !name.is_empty() && name != "ALL")
}
