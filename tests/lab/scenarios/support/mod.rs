//! What scenarios share: the lab, and a switch whose plan is held against what it did.

mod connection;
mod lab;
mod world;

pub(crate) use lab::Lab;
pub(crate) use world::{Applied, World};

/// The host file of the README.
pub(crate) const EXAMPLE: &str = include_str!("../../../../examples/wasabi/host.nix");

/// The page that its guest serves.
pub(crate) const PAGE: &str = "<html><body><h1>It works!</h1> wasabi foo@example.org</body></html>\n";

/// A text with one part of it replaced, which has to be in it.
pub(crate) fn with(text: &str, part: &str, by: &str) -> String {
    assert!(text.contains(part), "{part:?} is not in {text:?}");
    text.replace(part, by)
}

/// A host file of these containers, each as it stands behind `containers.`, with masquerading as in the example.
pub(crate) fn host(containers: &[&str]) -> String {
    let containers: String = containers.iter().map(|container| format!("  containers.{container}\n")).collect();
    format!(
        "{{ config, pkgs, lib, ... }}: {{\n  networking.nat = {{ enable = true; internalInterfaces = [ \"ve-*\" ]; \
         externalInterface = \"eth0\"; }};\n{containers}}}\n"
    )
}

/// A container with a web server that answers with its name, at `192.168.100.LAST`.
pub(crate) fn web(name: &str, last: u8) -> String {
    let host = last + 100;
    format!(
        "{name} = {{ autoStart = true; ephemeral = true; privateNetwork = true; hostAddress = \"192.168.100.{host}\"; \
         localAddress = \"192.168.100.{last}\"; config = {{ services.httpd.enable = true; \
         services.httpd.adminAddr = \"one@example.org\"; networking.firewall.allowedTCPPorts = [ 80 ]; }}; }};"
    )
}
