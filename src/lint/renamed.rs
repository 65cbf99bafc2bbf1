//! Options under names that NixOS has deprecated.
//!
//! Source: `mkRenamedOptionModule` in nixpkgs' modules and in `nixos/modules/rename.nix`, releases up to 26.05. NixOS still
//! accepts these names, with a warning. Options whose value has changed its form are not listed.

use super::subject::{Subject, in_view};
use crate::diag::{Code, Diagnostic, Fix};
use crate::model::path::OptionPath;
use crate::model::view::{OptionState, View};
use crate::syntax::mend::written;

/// The old names and the new ones.
#[rustfmt::skip]
const RENAMED: &[(&str, &str)] = &[
    ("boot.cleanTmpDir", "boot.tmp.cleanOnBoot"),
    ("boot.tmpOnTmpfs", "boot.tmp.useTmpfs"),
    ("hardware.opengl.driSupport32Bit", "hardware.graphics.enable32Bit"),
    ("hardware.opengl.enable", "hardware.graphics.enable"),
    ("hardware.opengl.extraPackages", "hardware.graphics.extraPackages"),
    ("hardware.pulseaudio", "services.pulseaudio"),
    ("i18n.consoleFont", "console.font"),
    ("i18n.consoleKeyMap", "console.keyMap"),
    ("nix.allowedUsers", "nix.settings.allowed-users"),
    ("nix.autoOptimiseStore", "nix.settings.auto-optimise-store"),
    ("nix.binaryCachePublicKeys", "nix.settings.trusted-public-keys"),
    ("nix.binaryCaches", "nix.settings.substituters"),
    ("nix.buildCores", "nix.settings.cores"),
    ("nix.maxJobs", "nix.settings.max-jobs"),
    ("nix.trustedUsers", "nix.settings.trusted-users"),
    ("nix.useSandbox", "nix.settings.sandbox"),
    ("security.acme.email", "security.acme.defaults.email"),
    ("security.acme.server", "security.acme.defaults.server"),
    ("services.bitwarden_rs", "services.vaultwarden"),
    ("services.gitea.domain", "services.gitea.settings.server.DOMAIN"),
    ("services.gitea.httpAddress", "services.gitea.settings.server.HTTP_ADDR"),
    ("services.gitea.httpPort", "services.gitea.settings.server.HTTP_PORT"),
    ("services.gitea.rootUrl", "services.gitea.settings.server.ROOT_URL"),
    ("services.grafana.addr", "services.grafana.settings.server.http_addr"),
    ("services.grafana.domain", "services.grafana.settings.server.domain"),
    ("services.grafana.port", "services.grafana.settings.server.http_port"),
    ("services.grafana.rootUrl", "services.grafana.settings.server.root_url"),
    ("services.nextcloud.extraOptions", "services.nextcloud.settings"),
    ("services.openssh.challengeResponseAuthentication", "services.openssh.settings.KbdInteractiveAuthentication"),
    ("services.openssh.forwardX11", "services.openssh.settings.X11Forwarding"),
    ("services.openssh.gatewayPorts", "services.openssh.settings.GatewayPorts"),
    ("services.openssh.kbdInteractiveAuthentication", "services.openssh.settings.KbdInteractiveAuthentication"),
    ("services.openssh.passwordAuthentication", "services.openssh.settings.PasswordAuthentication"),
    ("services.openssh.permitRootLogin", "services.openssh.settings.PermitRootLogin"),
    ("services.openssh.useDns", "services.openssh.settings.UseDns"),
    ("services.paperless-ng", "services.paperless"),
    ("services.postgresql.port", "services.postgresql.settings.port"),
    ("services.transmission.port", "services.transmission.settings.rpc-port"),
    ("services.xserver.layout", "services.xserver.xkb.layout"),
    ("services.xserver.xkbOptions", "services.xserver.xkb.options"),
    ("services.xserver.xkbVariant", "services.xserver.xkb.variant"),
    ("users.extraGroups", "users.groups"),
    ("users.extraUsers", "users.users"),
];

pub(super) fn lint(subject: Subject<'_>) -> Vec<Diagnostic> {
    let mut found = of(subject.host, "the host");
    for each in subject.containers() {
        found.extend(each.guest.into_iter().flat_map(|guest| of(guest, &format!("`{}`", each.name))));
    }
    found
}

fn of(view: &View, whose: &str) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (old, new) in RENAMED {
        let (from, to): (Vec<&str>, Vec<&str>) = (old.split('.').collect(), new.split('.').collect());
        if !matches!(view.find(&from), OptionState::Value(_)) {
            continue;
        }
        let message = format!("`{old}` of {whose} is called `{new}` by now, and NixOS warns of it");
        let diagnostic = Diagnostic::warning(Code::RenamedOption, message).help(format!("write `{new}`"));
        let diagnostic = in_view(diagnostic, view, &from, "its former name");
        // The fix renames only where the paths differ; a shared prefix may be written elsewhere.
        let same = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
        let both = view.find(&to) != OptionState::Undefined;
        let spans = view.spans.all(&OptionPath::new(&from));
        found.push(match (spans, both) {
            ([only], false) => diagnostic.fix(Fix::Rename {
                at: only.start,
                from: from[same..].iter().map(|name| (*name).to_owned()).collect(),
                to: to[same..].iter().map(|name| written(name)).collect::<Vec<_>>().join("."),
            }),
            _ => diagnostic,
        });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_is_there_once_and_none_is_still_in_use() {
        assert!(RENAMED.is_sorted());
        for (old, new) in RENAMED {
            let inside = RENAMED.iter().any(|(other, _)| new == other || new.starts_with(&format!("{other}.")));
            assert!(!inside && old != new, "{old} -> {new}");
        }
    }
}
