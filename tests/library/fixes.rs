//! Properties of all fixes, checked on files with mistakes in all kinds of layout: a fix may change only its own bytes, must
//! keep the text valid Nix, and must remove its finding.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use container_rebuild::diag::{Code, Diagnostic, Edit};
use container_rebuild::eval::{Arena, Evaluator, Settings, on_big_stack};
use container_rebuild::host::files::RealFiles;
use container_rebuild::lint::{Subject, lint};
use container_rebuild::model::check::check;
use container_rebuild::modules::{self, Guests};
use container_rebuild::source::SourceMap;
use container_rebuild::syntax::mend::{Mender, applied, is_lossless};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// The findings of a text with their fixes, and its sources.
fn findings(path: &Path) -> (Vec<Diagnostic>, SourceMap) {
    let sources = SourceMap::new();
    sources.set_root(path.parent().expect("a directory"));
    let arena = Arena::new();
    let settings = Settings { unknowns: true, ..Settings::default() };
    let mut evaluator = Evaluator::new(&arena, &RealFiles, &sources, settings);
    let mut found = match modules::evaluate(&mut evaluator, path, Guests::All) {
        Err(found) => found,
        Ok(evaluated) => {
            let mut found = evaluated.findings;
            found.extend(check(&evaluated.manifest, &evaluated.spans).findings);
            found.extend(lint(Subject {
                manifest: &evaluated.manifest,
                spans: &evaluated.spans,
                host: &evaluated.host,
                guests: &evaluated.guests,
            }));
            found
        }
    };
    drop(evaluator);
    let mut mender = Mender::new(&sources);
    for finding in &mut found {
        finding.edits = finding.fix.as_ref().and_then(|fix| mender.edits(fix)).unwrap_or_default();
    }
    (found, sources)
}

fn found_in(text: &str) -> (Vec<Diagnostic>, SourceMap) {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("host.nix");
    fs::write(&path, text).expect("written");
    findings(&path)
}

/// The text around the edits, which must not change.
fn untouched(text: &str, edits: &[Edit], base: u32) -> Vec<String> {
    let mut ranges: Vec<(usize, usize)> =
        edits.iter().map(|edit| ((edit.span.start.0 - base) as usize, (edit.span.end.0 - base) as usize)).collect();
    ranges.sort_unstable();
    ranges.dedup();
    let (mut parts, mut done) = (Vec::new(), 0);
    for (start, end) in ranges {
        parts.push(text[done..start].to_owned());
        done = end;
    }
    parts.push(text[done..].to_owned());
    parts
}

/// Fixes a text one finding at a time and checks each step. Returns the codes of the fixed findings.
fn mend_all(mut text: String) -> Result<BTreeSet<Code>, TestCaseError> {
    let mut mended = BTreeSet::new();
    for _ in 0..20 {
        let (found, sources) = found_in(&text);
        let Some(finding) = found.iter().find(|finding| !finding.edits.is_empty()) else { return Ok(mended) };
        let file = sources.file(finding.edits[0].span.start).expect("a file");
        // Syntax errors of a text are fixed together, because one fix alone would leave it broken.
        let edits: Vec<Edit> = match finding.code {
            Code::Syntax => found.iter().flat_map(|finding| finding.edits.clone()).collect(),
            _ => finding.edits.clone(),
        };
        let new = applied(&file, &edits);
        prop_assert!(new.is_some(), "not valid Nix any more: {edits:?} in {text}");
        let new = new.unwrap_or_default();
        prop_assert!(is_lossless(&new), "rnix does not read {new}");
        // Every other byte is still there, in order.
        let mut rest = new.as_str();
        for part in untouched(&text, &edits, file.base) {
            let at = rest.find(&part);
            prop_assert!(at.is_some(), "{part:?} is lost in {new:?}");
            rest = &rest[at.unwrap_or_default() + part.len()..];
        }
        let grown: usize = new.len() + edits.iter().map(|edit| edit.span.len()).sum::<usize>();
        let put_in: usize = edits.iter().map(|edit| edit.text.len()).sum();
        prop_assert_eq!(grown, text.len() + put_in, "{}", new);
        let (after, _) = found_in(&new);
        let is_left = |other: &Diagnostic| {
            other.code == finding.code && other.message == finding.message && finding.code != Code::Syntax
        };
        prop_assert!(!after.iter().any(is_left), "still there after {edits:?}: {}\n{new}", finding.message);
        if finding.code == Code::Syntax {
            prop_assert!(after.iter().all(|other| other.code != Code::Syntax), "{new}\n{after:#?}");
        }
        mended.insert(finding.code);
        text = new;
    }
    Err(TestCaseError::fail(format!("it does not come to an end: {text}")))
}

/// Text that may stand between two tokens.
const TRIVIA: [&str; 7] = [" ", "\n", "\n  ", " # a note; { [\n", " /* \u{e9} */ ", "\t", "\n\n    # \"two\n    "];

/// Definitions of a container with one mistake each; `~` marks where space and comments may be.
const MISTAKES: [(&str, Code); 9] = [
    ("hostAdress~=~\"10.0.0.1\"~;", Code::UnknownOption),
    ("autoStrat~=~true~;", Code::UnknownOption),
    ("autoStart~=~\"true\"~;", Code::OptionType),
    ("privateUsers~=~0~;~bindMounts.\"/d\"~=~{~isReadOnly~=~\"false\"~;~}~;", Code::OptionType),
    ("forwardPorts~=~[~{~hostPort~=~\"8080\"~;~containerPort~=~80~;~}~]~;", Code::OptionType),
    ("forwardPorts~=~[~{~hostPort~=~8081~;~containerPort~=~81~;~}~]~;", Code::ForwardBlocked),
    ("tmpfs~=~[~\"/x\"~]~", Code::Syntax),
    ("bindMount.\"/data\".hostPath~=~\"/srv\"~;", Code::UnknownOption),
    ("extraFlags~=~[~]~", Code::Syntax),
];
/// Guests, some of which configure a firewall.
const GUESTS: [(&str, Option<Code>); 6] = [
    ("{~}", None),
    ("{~networking.firewall.allowedTCPPorts~=~[~22~443~]~;~}", None),
    ("{~...~}~:~{~networking~=~{~firewall~=~{~allowedTCPPorts~=~[~]~;~}~;~}~;~}", None),
    ("{~lib~,~...~}~:~{~networking.firewall.allowedTCPPorts~=~lib.mkBefore~[~22~]~;~}", None),
    ("{~services.openssh.permitRootLogin~=~\"no\"~;~}", Some(Code::RenamedOption)),
    ("let~x~=~22~;~in~{~config~=~{~networking.firewall.allowedTCPPorts~=~[~x~]~;~}~;~}", None),
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_fix_changes_its_own_bytes_and_ends_its_finding(
        mistakes in vec(select(&MISTAKES[..]), 1..4),
        guest in select(&GUESTS[..]),
        pattern in any::<bool>(),
        space in vec(select(&TRIVIA[..]), 1..12),
        at in any::<Index>(),
    ) {
        let mut expected: BTreeSet<Code> = mistakes.iter().map(|(_, code)| *code).collect();
        let names: BTreeSet<&str> = mistakes.iter().filter_map(|(text, _)| text.split(['~', '.']).next()).collect();
        // If an option has two definitions, neither fix is certain.
        prop_assume!(names.len() == mistakes.len());
        // The fix of `autoStrat` would collide with `autoStart`.
        prop_assume!(!(names.contains("autoStrat") && names.contains("autoStart")));
        // The fix of `bindMount` would collide with `bindMounts`.
        prop_assume!(!(names.contains("bindMount") && mistakes.iter().any(|(text, _)| text.contains("bindMounts"))));
        let own: String = mistakes.iter().map(|(text, _)| format!("{text}~")).collect();
        let nat = match pattern {
            true => "networking.nftables.enable~=~true~;~networking.nat~=~{~enable~=~true~;~externalInterface~=~\"e\"~;~\
                     internalInterfaces~=~[~\"ve-+\"~]~;~}~;~",
            false => "",
        };
        let template = format!(
            "{{~...~}}~:~{{~{nat}containers.web~=~{{~privateNetwork~=~true~;~localAddress~=~\"10.0.0.2\"~;~{own}config~=~{}~;~}}~;~}}\n",
            guest.0
        );
        let mut turn = at.index(space.len());
        let text: String = template
            .split('~')
            .flat_map(|part| {
                turn = (turn + 1) % space.len();
                [part, space[turn]]
            })
            .collect();
        if pattern {
            expected.insert(Code::InterfaceName);
        }
        expected.extend(guest.1);
        let mended = on_big_stack(|| mend_all(text.clone())).expect("a thread can be started")?;
        // Only a finding about a port may be missing: the port may be open already, or a broken text may hide the finding.
        let missing: Vec<_> = expected.difference(&mended).filter(|code| **code != Code::ForwardBlocked).collect();
        prop_assert!(missing.is_empty(), "{missing:?} in {text}, only {mended:?}");
    }
}
