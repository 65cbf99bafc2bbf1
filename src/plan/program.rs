//! What happens to the program that units call, and to the boot service, which calls it too.

use super::{Action, Finding, StateView};
use crate::diag::{Code, Diagnostic};
use crate::render::paths;
use crate::state::{BootService, Installed, Owner, Program, Snapshot};

/// What is to be done about the program that units call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProgramChange {
    /// The program that is put there, by its version and where it was run from; `None` where the right one is there.
    pub renewed: Option<String>,
    /// Whether the boot service is written again.
    pub boot_service: bool,
    /// Whether it calls that program all the same.
    pub(super) calls_ours: bool,
    /// Whether nothing has called it so far: it comes with the first container, and is not worth a word.
    pub(super) is_first: bool,
}

impl ProgramChange {
    /// What is done, as a summary counts it.
    pub(super) fn parts(&self) -> impl Iterator<Item = &'static str> {
        let program = (self.renewed.is_some() && !self.is_first).then_some("program to renew");
        program.into_iter().chain(self.boot_service.then_some("service to write again"))
    }

    /// What is done, a line each.
    pub fn lines(&self) -> Vec<String> {
        [Action::RenewProgram, Action::WriteBootService].iter().filter_map(|action| self.line(action)).collect()
    }

    /// What a step does, where that is worth a line.
    pub fn line(&self, action: &Action) -> Option<String> {
        match action {
            Action::RenewProgram => {
                let program = self.renewed.as_ref().filter(|_| !self.is_first)?;
                Some(format!("the program that units call is renewed ({program})"))
            }
            Action::WriteBootService => {
                let (service, program) = (paths::BOOT_SERVICE, paths::PROGRAM);
                self.boot_service.then(|| match self.calls_ours {
                    true => format!("{service} is written again: it was edited, or a former version wrote it"),
                    false => format!("{service} is written again, so that it calls {program}"),
                })
            }
            _ => None,
        }
    }
}

/// What is to be done on a host; `has_steps` where something is done to containers.
pub(super) fn change(from: &StateView, has_steps: bool) -> Option<ProgramChange> {
    let (program, service) = from.program?;
    let has_units = from.containers.values().any(|configured| configured.owner == Owner::Ours);
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

/// Says so where a boot would find no program to bring the containers up with.
pub(super) fn finding(service: &BootService) -> Option<Finding> {
    if service.works() || !service.is_enabled {
        return None;
    }
    let message = gone(service);
    let finding = match service.is_repairable() {
        true => Diagnostic::note(Code::Drift, message).help("`switch` puts it right"),
        false => Diagnostic::warning(Code::NoBootService, message).help(format!(
            "have it run `{} internal boot`, or remove it and run `container-rebuild install-boot`",
            paths::PROGRAM
        )),
    };
    Some(finding.into())
}

/// What is wrong with a boot service that calls a program which is not there.
pub fn gone(service: &BootService) -> String {
    let program = service.program.as_deref().unwrap_or_else(|| paths::PROGRAM.as_ref());
    let (unit, program) = (paths::BOOT_SERVICE, program.display());
    format!(
        "the containers will NOT start at next boot: {unit} calls {program}, which is missing or not executable"
    )
}

/// Says so where this program cannot be put where units call it: nothing must be changed then.
pub fn obstacle(plan: &super::Plan, snapshot: &Snapshot) -> Option<Diagnostic> {
    let Program { obstacle, .. } = &snapshot.program;
    let (Some(obstacle), Some(ProgramChange { renewed: Some(_), .. })) = (obstacle, &plan.program) else {
        return None;
    };
    let message = format!("units cannot call this program at {}: {obstacle}", paths::PROGRAM);
    let help = "mount that file system without `noexec`, or install container-rebuild with Nix";
    Some(Diagnostic::error(Code::Host, message).help(help))
}
