//! The warning about a host that will not start its containers when it boots.

use crate::diag::{Code, Diagnostic};
use crate::plan::program;
use crate::render::boot_service;
use crate::state::BootService;

/// The help for hosts whose units are part of the system, as on NixOS.
pub fn in_configuration() -> String {
    format!(
        "on NixOS, add this to the host's configuration and run `nixos-rebuild switch`:\n\n{}\n",
        boot_service::nixos()
    )
}

/// Warns if the next boot will not start the containers.
pub(super) fn warning(service: &BootService) -> Vec<Diagnostic> {
    const WARNING: &str = "the containers will NOT start at next boot";
    let warning = |message| Diagnostic::warning(Code::NoBootService, message);
    if service.works() {
        return Vec::new();
    }
    vec![match (service.is_enabled, service.is_installable) {
        (true, _) => warning(program::gone(service)),
        (false, true) => warning(format!("{WARNING}: run `container-rebuild install-boot`")),
        (false, false) => {
            warning(format!("{WARNING}: this host has no service that starts them")).help(in_configuration())
        }
    }]
}
