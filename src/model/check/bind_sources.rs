//! Checks `services.container-rebuild.containers.<name>.bindSources`.

use serde_json::Value;

use super::Checker;
use super::settings::is_path;
use crate::diag::{Code, Diagnostic};
use crate::model::path::OptionPath;
use crate::model::settings::owner_of;
use crate::model::spec::NewSource;
use crate::model::{Container, ContainerName};

impl Checker<'_> {
    /// The sources that are to be created; `None` if a part of them is unknown. What is wrong is reported.
    pub(super) fn bind_sources(
        &mut self,
        name: &ContainerName,
        value: &Value,
        path: &OptionPath,
    ) -> Option<Vec<NewSource>> {
        let container = self.manifest.containers.get(name);
        let mut sources = Vec::new();
        let mut is_known = true;
        for (source, value) in self.set(value, path)? {
            let path = path.join(source);
            let wrong = if !is_path(source) {
                let help = "name the `hostPath` of a bind mount, such as `\"/srv/data\"`";
                Some(Diagnostic::error(Code::OptionType, format!("`{source}` is not an absolute path")).help(help))
            } else if let Some(owner) = owner_of(source) {
                // Its guest decides where a symlink in there leads.
                let message = format!("{source} lies in the root of `{owner}`, and is not created from outside");
                let help = format!("let the guest `{owner}` create it (systemd.tmpfiles.rules)");
                Some(Diagnostic::error(Code::OptionCombination, message).help(help))
            } else if container.and_then(|container| binds(container, source)) == Some(false) {
                let message = format!("{source} is not the source of a bind mount of `{name}`");
                let help = "name the `hostPath` of a bind mount, or remove this";
                Some(Diagnostic::error(Code::OptionCombination, message).help(help))
            } else {
                None
            };
            if let Some(wrong) = wrong {
                self.wrong(wrong, &path);
                continue;
            }
            match self.new_source(source, value, &path) {
                Some(source) => sources.push(source),
                None => is_known = false,
            }
        }
        sources.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        is_known.then_some(sources)
    }

    fn new_source(&mut self, source: &str, value: &Value, path: &OptionPath) -> Option<NewSource> {
        let root = || String::from("root");
        let mut new = NewSource { path: source.into(), user: root(), group: root(), mode: 0o755 };
        let mut is_known = true;
        for (option, value) in self.set(value, path)? {
            let path = path.join(option);
            if self.is_unknown(value, &path) {
                is_known = false;
                continue;
            }
            match option.as_str() {
                "user" | "group" => match principal(value) {
                    Some(principal) if option == "user" => new.user = principal,
                    Some(principal) => new.group = principal,
                    None => {
                        let message = format!("{value} is not the name or number of a {option}");
                        let help =
                            "a name is looked up on the host; a guest with private users sees the same numbers";
                        self.wrong(Diagnostic::error(Code::OptionType, message).help(help), &path);
                    }
                },
                "mode" => match value.as_str().and_then(mode) {
                    Some(mode) => new.mode = mode,
                    None => {
                        let message = format!("{value} is not a mode");
                        let help = "write it in octal as a string, such as `\"0750\"`";
                        self.wrong(Diagnostic::error(Code::OptionType, message).help(help), &path);
                    }
                },
                _ => {
                    let message = format!("there is no option `{option}` of a source");
                    let help = "the options are group, mode, user";
                    self.wrong(Diagnostic::error(Code::UnknownOption, message).help(help), &path);
                }
            }
        }
        is_known.then_some(new)
    }
}

/// Whether a container bind-mounts this path of the host; `None` if that is unknown.
fn binds(container: &Container, source: &str) -> Option<bool> {
    let mut is_unknown = false;
    for (key, bind) in container.bind_mounts.known()? {
        match bind.known().and_then(|bind| bind.source(key)) {
            Some(host) if host == source => return Some(true),
            Some(_) => {}
            None => is_unknown = true,
        }
    }
    (!is_unknown).then_some(false)
}

/// A user or group: a name as useradd(8) allows, or a number.
fn principal(value: &Value) -> Option<String> {
    let number = match value.as_str() {
        Some(text) if text.bytes().all(|c| c.is_ascii_digit()) => Some(text.parse().ok()?),
        _ => value.as_u64(),
    };
    if let Some(number) = number {
        // The last number means "unchanged" to chown(2).
        return u32::try_from(number).ok().filter(|number| *number != u32::MAX).map(|number| number.to_string());
    }
    let name = value.as_str()?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let is_good = !name.is_empty() && name.len() <= 256 && !name.starts_with('-') && name.chars().all(is_plain);
    is_good.then(|| name.to_owned())
}

/// Permissions in octal, with at most four digits.
fn mode(text: &str) -> Option<u32> {
    let is_octal = (3..=4).contains(&text.len()) && text.bytes().all(|digit| matches!(digit, b'0'..=b'7'));
    is_octal.then(|| u32::from_str_radix(text, 8).ok()).flatten()
}
