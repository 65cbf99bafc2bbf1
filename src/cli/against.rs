//! What a plan compares with, when it is not the live host (contract §6, *Against what*).

use std::path::Path;

use super::args::ConfigArgs;
use super::configuration::Configuration;
use crate::diag::{Diagnostic, Severity};
use crate::plan::{Endpoint, EndpointKind, Side};
use crate::source::SourceMap;

/// What stands after `--from`.
#[derive(Debug, Clone, PartialEq, Eq)]
enum From<'a> {
    /// A file, folder, flake output or manifest.
    Path(&'a str),
    /// A git revision.
    Revision(&'a str),
}

impl<'a> From<'a> {
    /// A path that exists comes first; `rev:` says that it is a revision.
    fn new(text: &'a str) -> Self {
        if let Some(revision) = text.strip_prefix("rev:") {
            return Self::Revision(revision);
        }
        let folder = text.split_once('#').map(|(folder, _)| folder);
        if Path::new(text).exists() || folder.is_some_and(|folder| Path::new(folder).is_dir()) {
            Self::Path(text)
        } else {
            Self::Revision(text)
        }
    }
}

/// Both sides of a plan that needs no host: what `from` says, and what `config` says now.
///
/// What is wrong with either is reported in one run, and says which side it is.
pub(super) fn sides(
    config: &ConfigArgs,
    from: &str,
    sources: &SourceMap,
) -> Result<(Side, Configuration), Vec<Diagnostic>> {
    let before = before(config, &From::new(from), sources);
    let after = Configuration::load(config, true, sources);
    match (before, after) {
        (Ok(before), Ok(after)) => Ok((before, after)),
        (before, after) => {
            let mut findings = on_side("before", from, before.err());
            findings.extend(on_side("after", &config.config, after.err()));
            Err(findings)
        }
    }
}

fn before(config: &ConfigArgs, from: &From<'_>, sources: &SourceMap) -> Result<Side, Vec<Diagnostic>> {
    match *from {
        From::Path(path) => {
            let config = ConfigArgs { config: path.to_owned(), ..config.clone() };
            Ok(Configuration::load(&config, true, sources)?.side(None))
        }
        From::Revision(revision) => {
            let endpoint = Endpoint { kind: EndpointKind::Revision, name: revision.to_owned() };
            Ok(match Configuration::load_revision(config, revision, sources)? {
                Some(configuration) => configuration.side_called(endpoint, None),
                None => Side::absent(endpoint, &config.config),
            })
        }
    }
}

/// The errors of one side, each saying which one.
fn on_side(side: &str, name: &str, findings: Option<Vec<Diagnostic>>) -> Vec<Diagnostic> {
    let errors = findings.into_iter().flatten().filter(|finding| finding.severity == Severity::Error);
    errors
        .map(|finding| Diagnostic { message: format!("{side} (`{name}`): {}", finding.message), ..finding })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_exists_comes_before_revisions() {
        let table = [
            (".", From::Path(".")),
            ("Cargo.toml", From::Path("Cargo.toml")),
            ("src#web", From::Path("src#web")),
            ("rev:Cargo.toml", From::Revision("Cargo.toml")),
            ("origin/main", From::Revision("origin/main")),
            ("HEAD~2", From::Revision("HEAD~2")),
            ("nowhere#web", From::Revision("nowhere#web")),
        ];
        for (text, from) in table {
            assert_eq!(From::new(text), from, "{text}");
        }
    }
}
