//! `doctor`: whether this host has what its containers need, and would have it after the next boot.

use std::path::Path;

use super::context::Context;
use super::live_host::LiveHost;
use super::plan::observe;
use super::{ahead, boot_service, last_switch};
use crate::diag::{Code, Diagnostic, Severity};
use crate::plan::{facts, standing};
use crate::render::paths;
use crate::state::{Generation, Installed, Owner, Rules, Snapshot, Unobserved, Versions};

/// The oldest systemd and nft that the tests run with.
const OLDEST: ([u32; 1], [u32; 3]) = ([252], [1, 0, 6]);

/// One thing that containers need.
#[derive(Debug)]
pub struct Check {
    /// What was looked at.
    pub subject: &'static str,
    /// What was found, in a few words.
    pub detail: String,
    /// What is wrong with it, and what to do about that.
    pub findings: Vec<Diagnostic>,
}

impl Check {
    fn new(subject: &'static str, detail: impl Into<String>) -> Self {
        Self { subject, detail: detail.into(), findings: Vec::new() }
    }

    fn with(mut self, findings: impl IntoIterator<Item = Diagnostic>) -> Self {
        self.findings.extend(findings);
        self
    }

    /// How bad the worst of its findings is; `None` if there are none.
    pub fn severity(&self) -> Option<Severity> {
        self.findings.iter().map(|finding| finding.severity).max()
    }
}

/// Looks at everything that containers need of this host. Changes nothing.
///
/// # Errors
///
/// Why the host cannot be observed.
pub fn doctor(cx: &Context<'_>, host: &dyn LiveHost) -> Result<Vec<Check>, Vec<Diagnostic>> {
    let snapshot = observe(host)?;
    let versions = host.versions();
    Ok(vec![
        systemd(&snapshot, &versions),
        nspawn(&snapshot),
        nft(&snapshot, &versions),
        program(&snapshot),
        boot(&snapshot),
        containers(&snapshot),
        host_files(&snapshot),
        network(host, &snapshot),
        last(cx, host),
        hook(cx, &snapshot),
    ])
}

fn systemd(snapshot: &Snapshot, versions: &Versions) -> Check {
    const SUBJECT: &str = "systemd";
    if !snapshot.systemd {
        let message = "systemd does not run here, and containers are units of it";
        let help = "run container-rebuild on a host that was booted with systemd";
        return Check::new(SUBJECT, "not running").with([Diagnostic::error(Code::Host, message).help(help)]);
    }
    versioned(SUBJECT, versions.systemd.as_deref(), &OLDEST.0)
}

fn nspawn(snapshot: &Snapshot) -> Check {
    let is_missing = snapshot.systemd && !snapshot.nspawn;
    let detail = if snapshot.nspawn { "installed" } else { "not installed" };
    Check::new("systemd-nspawn", detail).with(is_missing.then(facts::no_nspawn))
}

fn nft(snapshot: &Snapshot, versions: &Versions) -> Check {
    const SUBJECT: &str = "nft";
    match &snapshot.rules {
        Ok(_) => versioned(SUBJECT, versions.nft.as_deref(), &OLDEST.1),
        Err(Unobserved::NoProgram) => Check::new(SUBJECT, "not found").with([facts::no_nft()]),
        Err(Unobserved::NotPermitted) => {
            let message = "only root may list the firewall rules";
            let note = Diagnostic::note(Code::NotObserved, message).help("run `sudo container-rebuild doctor`");
            Check::new(SUBJECT, "not looked at").with([note])
        }
    }
}

/// A check of a program's version, against the oldest one that the tests run with.
fn versioned<const N: usize>(program: &'static str, version: Option<&str>, oldest: &[u32; N]) -> Check {
    let Some(version) = version else { return Check::new(program, "version unknown") };
    let numbers: Vec<u32> = version
        .split(|c: char| !c.is_ascii_digit())
        .skip_while(|part| part.is_empty())
        .map_while(|part| part.parse().ok())
        .take(N)
        .collect();
    let is_old = !numbers.is_empty() && numbers.as_slice() < oldest.as_slice();
    let warning = is_old.then(|| {
        let known = oldest.map(|number| number.to_string()).join(".");
        let message = format!("{program} {version} is older than {known}, the oldest one that is tested");
        Diagnostic::warning(Code::Program, message).help("update the host")
    });
    Check::new(program, version).with(warning)
}

fn program(snapshot: &Snapshot) -> Check {
    const SUBJECT: &str = "program";
    let program = &snapshot.program;
    let has_units = ours(snapshot).next().is_some();
    let detail = match program.installed {
        Installed::Same => format!("{} is this one ({})", paths::PROGRAM, program.running),
        Installed::Other => format!("{} is another version than this one ({})", paths::PROGRAM, program.running),
        Installed::Nothing => format!("nothing at {}", paths::PROGRAM),
    };
    let obstacle = program.obstacle.as_ref().filter(|_| program.installed != Installed::Same).map(|obstacle| {
        let message = format!("units cannot call this program at {}: {obstacle}", paths::PROGRAM);
        let help = "mount that file system without `noexec`, or install container-rebuild with Nix";
        Diagnostic::error(Code::Host, message).help(help)
    });
    let other = match program.installed {
        Installed::Nothing if has_units => {
            let message = format!("{} is missing, and the units of containers call it", paths::PROGRAM);
            Some(Diagnostic::error(Code::Host, message).help("`switch` installs it"))
        }
        Installed::Other if has_units => {
            let message = "the units of containers call another version of container-rebuild";
            Some(Diagnostic::note(Code::Drift, message).help("`switch` installs this one, and restarts nothing"))
        }
        _ => None,
    };
    Check::new(SUBJECT, detail).with(obstacle.into_iter().chain(other))
}

fn boot(snapshot: &Snapshot) -> Check {
    const SUBJECT: &str = "boot";
    let Some(generation) = &snapshot.generation else { return Check::new(SUBJECT, no_generation(snapshot)) };
    let starting = generation.records.values().filter(|record| record.spec.auto_start).count();
    if starting == 0 {
        return Check::new(SUBJECT, "no container starts by itself");
    }
    let detail = match snapshot.boot_generation {
        Some(number) if snapshot.boot_service.works() => {
            format!("generation {number} starts, with {}", counted(starting, "container"))
        }
        _ => String::from("no container starts"),
    };
    Check::new(SUBJECT, detail).with(boot_service::warning(&snapshot.boot_service))
}

fn containers(snapshot: &Snapshot) -> Check {
    let running = ours(snapshot).filter(|(_, it)| it.is_running()).count();
    let natives = snapshot.containers.values().filter(|it| it.owner == Owner::Native).count();
    let mut detail = format!("{}, {running} running", counted(ours(snapshot).count(), "container"));
    if natives > 0 {
        detail += &format!("; {natives} of NixOS's own units");
    }
    let missing = standing::missing_forwards(snapshot);
    let findings = ours(snapshot).flat_map(|(name, _)| {
        let wrong = standing::of(name, snapshot, &missing).into_iter();
        wrong.map(move |wrong| {
            let help = "`container-rebuild plan` shows what a switch does about it";
            Diagnostic::warning(Code::Drift, format!("`{name}`: {wrong}")).help(help)
        })
    });
    Check::new("containers", detail).with(findings)
}

fn host_files(snapshot: &Snapshot) -> Check {
    let findings = standing::of_host(snapshot);
    let detail = if findings.is_empty() { "as they were written" } else { "not as they were written" };
    Check::new("files", detail).with(findings)
}

fn network(host: &dyn LiveHost, snapshot: &Snapshot) -> Check {
    const SUBJECT: &str = "network";
    let Some(Generation { manifest, records, nat, .. }) = &snapshot.generation else {
        return Check::new(SUBJECT, no_generation(snapshot));
    };
    let containers = records.values().map(|record| record.spec.clone()).collect();
    let spec = crate::model::spec::HostSpec { containers, nat: nat.clone() };
    let findings = facts::of_others(manifest, &spec, host, snapshot);
    let rules = match &snapshot.rules {
        Ok(Rules::Present(_)) => "rules are loaded",
        Ok(Rules::Absent) => "no rules are loaded",
        Err(_) => "rules were not looked at",
    };
    let others =
        if findings.is_empty() { "no other program is in the way" } else { "another program is in the way" };
    Check::new(SUBJECT, format!("{rules}; {others}")).with(findings)
}

fn last(cx: &Context<'_>, host: &dyn LiveHost) -> Check {
    const SUBJECT: &str = "last switch";
    let Some((last, outcome)) = last_switch::observe(host) else { return Check::new(SUBJECT, "none yet") };
    let finding = last_switch::finding(&last, outcome, cx.clock.now());
    let detail = if finding.is_some() { "did not finish" } else { "done" };
    Check::new(SUBJECT, format!("{detail} (to {})", last.source)).with(finding)
}

fn hook(cx: &Context<'_>, snapshot: &Snapshot) -> Check {
    const SUBJECT: &str = "hook";
    let manifest = Path::new(paths::HOST_MANIFEST);
    let Some(declared) = ahead::declared(cx) else {
        let is_hooked = snapshot.containers.values().any(|container| container.is_hooked);
        let lost = is_hooked.then(|| {
            let message = format!("{} is missing or damaged, and units are declared for it", manifest.display());
            Diagnostic::error(Code::Host, message).help("run `nixos-rebuild switch`")
        });
        return Check::new(SUBJECT, "not in the host's configuration").with(lost);
    };
    let ahead = ours(snapshot).filter_map(|(name, observed)| {
        let so = ahead::of(name, observed, &declared)?;
        let help = "the next `nixos-rebuild switch` goes back to what the host's configuration declares";
        Some(Diagnostic::note(Code::Drift, format!("`{name}`: {so}")).help(help))
    });
    Check::new(SUBJECT, format!("declares {}", counted(declared.containers.len(), "container"))).with(ahead)
}

fn ours(
    snapshot: &Snapshot,
) -> impl Iterator<Item = (&crate::model::ContainerName, &crate::state::ObservedContainer)> {
    snapshot.containers.iter().filter(|(_, observed)| observed.owner == Owner::Ours)
}

fn no_generation(snapshot: &Snapshot) -> &'static str {
    if snapshot.is_generation_lost { "the generation cannot be read" } else { "no generation yet" }
}

fn counted(number: usize, of: &str) -> String {
    format!("{number} {of}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_their_numbers() {
        let is_old = |version: &str, oldest: &[u32; 3]| versioned("nft", Some(version), oldest).severity();
        for (version, expected) in [
            ("1.0.6", None),
            ("1.0.10", None),
            ("1.1", None),
            ("2", None),
            ("v1.0.9 (Old Doc Yak #3)", None),
            ("", None),
            ("git", None),
            ("1.0.5", Some(Severity::Warning)),
            ("v0.9.8", Some(Severity::Warning)),
        ] {
            assert_eq!(is_old(version, &[1, 0, 6]), expected, "{version}");
        }
        assert_eq!(versioned("systemd", Some("252.39-1~deb12u1"), &[252]).severity(), None);
        assert_eq!(versioned("systemd", Some("249 (249.11)"), &[252]).severity(), Some(Severity::Warning));
        assert_eq!(versioned("nft", None, &[1, 0, 6]).severity(), None);
    }
}
