//! Our own forwards (`services.container-rebuild.containers.<name>.forwards`) that a guest's firewall blocks, or that take the port
//! of a server of the host.

use super::addresses::is_private;
use super::forwards::{MOST_PORTS, finding, with_list};
use super::openings::Openings;
use super::services;
use super::subject::{Each, Subject, in_view};
use crate::diag::{Code, Diagnostic};
use crate::model::own_forward;
use crate::model::path::OptionPath;
use crate::model::settings::{CONTAINERS, Setting};
use crate::model::spec::{OwnForward, Ports, Protocol};

pub(super) fn lint(subject: Subject<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for each in subject.containers().filter(is_private) {
        let openings = each.guest.map(Openings::of_guest);
        for (forward, path) in forwards(subject, &each) {
            if let Some(openings) = &openings {
                found.extend(blocked(subject, &each, openings, &forward, &path));
            }
            found.extend(taken_by_host(subject, &each, &forward, &path));
        }
    }
    found
}

/// The forwards of a container that are known, with their paths.
fn forwards(subject: Subject<'_>, each: &Each<'_>) -> Vec<(OwnForward, OptionPath)> {
    let settings = subject.manifest.services.settings(each.name.as_str());
    let all = settings.and_then(|settings| settings.get(Setting::Forwards.name())?.as_object());
    let base = ["services", "container-rebuild", CONTAINERS, each.name.as_str(), Setting::Forwards.name()];
    let base = OptionPath::new(base);
    let known = |(name, value)| Some((own_forward::known(value)?, base.join(name)));
    all.into_iter().flatten().filter_map(known).collect()
}

/// A port of the guest that its firewall does not open.
fn blocked(
    subject: Subject<'_>,
    each: &Each<'_>,
    openings: &Openings,
    forward: &OwnForward,
    path: &OptionPath,
) -> Option<Diagnostic> {
    let OwnForward { protocol, ports, to, .. } = *forward;
    let mut checked = all(to)?;
    let port = checked.find(|port| openings.lets_in(protocol, *port) == Some(false))?;
    let shown = protocol.as_str();
    let message = format!(
        "host port {ports}/{shown} is forwarded to port {port} of `{}`, which the guest's firewall does not open",
        each.name
    );
    let inside = path.join("containerPort");
    let at = if subject.spans.contains(&inside) { inside } else { path.join("hostPort") };
    let diagnostic = subject.at(finding(protocol, port, message), &at, "forwarded here");
    Some(with_list(diagnostic, subject, each, each.guest?, (protocol, port)))
}

/// A port on which a server of the host listens. A forward for certain connections may leave it the others on purpose.
fn taken_by_host(
    subject: Subject<'_>,
    each: &Each<'_>,
    forward: &OwnForward,
    path: &OptionPath,
) -> Option<Diagnostic> {
    let OwnForward { protocol: Protocol::Tcp, ports, at: None, interface: None, sources, .. } = forward else {
        return None;
    };
    let mut checked = all(*ports).filter(|_| sources.is_empty())?;
    let (port, server) = checked.find_map(|port| Some((port, services::listener(subject.host, port)?)))?;
    let message = format!(
        "host port {port}/tcp is forwarded to `{}`, and the host's own `{server}` listens on it: nobody outside reaches that any \
         more",
        each.name
    );
    let help = "give one of them another port, or the forward a `hostAddress`, `interface` or `sources`";
    let diagnostic = Diagnostic::warning(Code::PortTaken, message).help(help);
    let diagnostic = subject.at(diagnostic, &path.join("hostPort"), "forwarded here");
    Some(in_view(diagnostic, subject.host, &["services", server, "enable"], "listens there too"))
}

/// All of these ports, unless there are too many to check.
fn all(ports: Ports) -> Option<impl Iterator<Item = u16>> {
    (ports.count() <= MOST_PORTS).then_some(ports.first..=ports.last)
}
