//! Decides whether to renew the program that units call, and the boot service, which calls it too.

use super::action::Action;
use super::finding::Finding;
use crate::diag::{Code, Diagnostic};
use crate::render::paths;
use crate::state::{BootService, Installed, Program, Snapshot};

/// What to do about the program that units call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProgramChange {
    /// The program to install, by its version and the path it runs from. `None` if it is installed already.
    pub renewed: Option<String>,
    /// Whether to rewrite the boot service.
    pub boot_service: bool,
    /// Whether the boot service calls that program already.
    pub(super) calls_ours: bool,
    /// Whether nothing has called the program so far. It comes with the first container then, and the plan does not
    /// mention it.
    pub(super) is_first: bool,
}

impl ProgramChange {
    /// What is done, for the line of counts.
    pub(super) fn parts(&self) -> impl Iterator<Item = &'static str> {
        let program = (self.renewed.is_some() && !self.is_first).then_some("program to renew");
        program.into_iter().chain(self.boot_service.then_some("boot service to rewrite"))
    }

    /// What is done, one line each.
    pub fn lines(&self) -> Vec<String> {
        [Action::RenewProgram, Action::WriteBootService].iter().filter_map(|action| self.line(action)).collect()
    }

    /// What a step does, in one line. `None` if the plan does not mention it.
    pub fn line(&self, action: &Action) -> Option<String> {
        match action {
            Action::RenewProgram => {
                let program = self.renewed.as_ref().filter(|_| !self.is_first)?;
                Some(format!("the program that units call is renewed ({program})"))
            }
            Action::WriteBootService => {
                let (service, program) = (paths::BOOT_SERVICE, paths::PROGRAM);
                self.boot_service.then(|| match self.calls_ours {
                    true => format!("{service} is rewritten: it was edited, or written by a former version"),
                    false => format!("{service} is rewritten to call {program}"),
                })
            }
            _ => None,
        }
    }
}

/// What to do on a host whose program and boot service were `observed`. `has_units` says whether it has units of ours,
/// and `has_steps` whether the plan has steps for containers.
pub(super) fn change(
    observed: Option<(&Program, &BootService)>,
    has_units: bool,
    has_steps: bool,
) -> Option<ProgramChange> {
    let (program, service) = observed?;
    let is_called = has_units || service.is_repairable();
    let renews = program.installed != Installed::Same && (is_called || has_steps);
    let boot_service = service.is_ours && (service.is_edited || !service.calls_ours());
    (renews || boot_service).then(|| ProgramChange {
        renewed: renews.then(|| program.running.clone()),
        boot_service,
        calls_ours: service.calls_ours(),
        is_first: program.installed == Installed::Nothing && !is_called,
    })
}

/// Reports a boot service whose program is missing.
pub(super) fn finding(service: &BootService) -> Option<Finding> {
    if service.works() || !service.is_enabled {
        return None;
    }
    let message = gone(service);
    let finding = match service.is_repairable() {
        true => Diagnostic::note(Code::Drift, message).help("`switch` repairs it"),
        false => Diagnostic::warning(Code::NoBootService, message).help(format!(
            "change it to run `{} internal boot`, or remove it and run `container-rebuild install-boot`",
            paths::PROGRAM
        )),
    };
    Some(finding.into())
}

/// The message about a boot service that calls a missing program.
pub(crate) fn gone(service: &BootService) -> String {
    let program = service.program.as_deref().unwrap_or_else(|| paths::PROGRAM.as_ref());
    let (unit, program) = (paths::BOOT_SERVICE, program.display());
    format!(
        "the containers will NOT start at next boot: {unit} calls {program}, which is missing or not executable"
    )
}

/// Reports that this program cannot be installed at the path that units call. `switch` must not change anything then.
pub(crate) fn obstacle(change: Option<&ProgramChange>, snapshot: &Snapshot) -> Option<Diagnostic> {
    let Program { obstacle, .. } = &snapshot.program;
    let (Some(obstacle), Some(ProgramChange { renewed: Some(_), .. })) = (obstacle, change) else {
        return None;
    };
    let message = format!("units cannot call this program at {}: {obstacle}", paths::PROGRAM);
    let help = "mount that file system without `noexec`, or install container-rebuild with Nix";
    Some(Diagnostic::error(Code::Host, message).help(help))
}
