//! Common parts of scenarios: the lab, and a switch that is compared with its plan.

mod asking;
mod connection;
mod lab;
mod world;

pub(crate) use asking::{ask, serve, stop_serving};
pub(crate) use lab::{CommandOutput, Lab};
pub(crate) use world::{Applied, World};

/// The README's host file.
pub(crate) const EXAMPLE: &str = include_str!("../../../../examples/wasabi/host.nix");

/// The page that the example's guest serves.
pub(crate) const PAGE: &str = "<html><body><h1>It works!</h1> wasabi foo@example.org</body></html>\n";

/// Declares our options, as a NixOS module of ours does: where Nix evaluates the guests, NixOS has no such options.
pub(crate) const OWN_OPTIONS: &str = "  imports = [ ({ lib, ... }: { options.services.container-rebuild = lib.mkOption { type = \
                                      lib.types.attrsOf lib.types.anything; default = { }; }; }) ];\n";

/// Replaces a part of a text, which must occur in it.
pub(crate) fn with(text: &str, part: &str, by: &str) -> String {
    assert!(text.contains(part), "{part:?} is not in {text:?}");
    text.replace(part, by)
}

/// A host file with these containers (each the text after `containers.`), masqueraded as in the example.
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
