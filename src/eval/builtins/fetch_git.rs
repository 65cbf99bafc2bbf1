//! `fetchGit` of local repositories; `fetch` handles all others.

use super::arguments;
use super::declare::primops;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::fetch::{fetch_location, fetch_tree, not_in_store};
use crate::eval::date;
use crate::eval::error::EvalResult;
use crate::eval::evaluator::Evaluator;
use crate::eval::store::hash::{Algorithm, Format, Hash};
use crate::eval::store::nar::{self, NarError};
use crate::eval::store::path::{self, Method};
use crate::eval::value::{Attrs, Value};
use crate::eval::written::Written;
use crate::source::{FileKind, Files, GitError, GitRequest, GitTree, Pos};

primops! { global "fetchGit" (args: lazy) reads => fetch_git; }

/// The hash Nix shows in place of a commit.
const NO_COMMIT: &str = "0000000000000000000000000000000000000000";

/// The attributes we understand besides `url`.
const PLAIN: [&str; 6] = ["allRefs", "name", "ref", "rev", "shallow", "submodules"];

/// The other attributes that Nix accepts.
const OTHER: [&str; 13] = [
    "dirtyRev",
    "dirtyShortRev",
    "exportIgnore",
    "keytype",
    "lastModified",
    "lfs",
    "narHash",
    "publicKey",
    "publicKeys",
    "revCount",
    "type",
    "url",
    "verifyCommit",
];

#[derive(Default)]
struct Wanted {
    name: Option<String>,
    reference: Option<String>,
    revision: Option<String>,
    shallow: bool,
    submodules: bool,
}

pub(super) fn fetch_git<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let mut wanted = Wanted::default();
    let url = match ev.force(args[0])? {
        Value::Attrs(attrs) => {
            check_types(ev, attrs, pos)?;
            let names = ev.heap.by_name(attrs);
            if let Some((name, ..)) = names.iter().find(|(name, ..)| !PLAIN.contains(name) && !OTHER.contains(name))
            {
                let message = format!("input attribute '{name}' not supported by scheme 'git'");
                return Err(ev.report.error(ev.report.word_span(pos), &message));
            }
            let others = names.iter().any(|(name, ..)| *name != "url" && OTHER.contains(name));
            let Some(url) = arguments::optional(ev, attrs, "url")?.filter(|_| !others) else {
                return fetch_tree(ev, args[0], pos);
            };
            wanted.read(ev, attrs, pos)?;
            url
        }
        url => url,
    };
    let location = fetch_location(ev, url, pos)?;
    let Some(repository) = local(&location) else { return fetch_tree(ev, args[0], pos) };
    let fail = |ev: &Evaluator<'e>, message: &str| Err(ev.report.error(ev.report.word_span(pos), message));
    if let Some(revision) = &wanted.revision
        && let Err(message) = Hash::parse(revision, Some(Algorithm::Sha1))
    {
        return fail(ev, &message);
    }
    let request = GitRequest {
        repository: &repository,
        reference: wanted.reference.as_deref(),
        revision: wanted.revision.as_deref(),
        shallow: wanted.shallow,
    };
    match ev.loader.files.git(&request) {
        Ok(tree) => wanted.result(ev, tree, pos),
        Err(GitError::Failed(message)) => fail(ev, &message),
        Err(GitError::OnlyNix) => Err(not_in_store(ev, &location, pos)),
    }
}

/// Checks the types of attributes: strings, Booleans and integers are allowed.
fn check_types<'e>(ev: &mut Evaluator<'e>, attrs: &'e Attrs<'e>, pos: Pos) -> EvalResult<'e, ()> {
    for (name, value, at) in attrs.iter() {
        let name = ev.heap.name(name);
        let message = match name {
            "type" => String::from("unexpected argument 'type'"),
            _ => match ev.force(value)? {
                Value::Int(number) if number < 0 => {
                    format!("negative value given for 'fetchGit' argument '{name}': {number}")
                }
                Value::String(_) | Value::Path(_) | Value::Bool(_) | Value::Int(_) | Value::Unknown(_) => continue,
                _ if name == "publicKeys" => continue,
                other => {
                    let (sort, wanted) = (other.type_name(), "a string, Boolean or integer is expected");
                    format!("argument '{name}' to 'fetchGit' is {sort} while {wanted}")
                }
            },
        };
        let span = if at.is_some() { ev.report.attribute_span(at) } else { ev.report.word_span(pos) };
        return Err(ev.report.error(span, &message));
    }
    Ok(())
}

/// The local repository that a location names, if it names one.
fn local(location: &str) -> Option<PathBuf> {
    let path = location.strip_prefix("git+").unwrap_or(location);
    let path = path.strip_prefix("file://").unwrap_or(path);
    // Leave escapes and parameters to Nix.
    (path.starts_with('/') && !path.contains(['%', '?', '#']))
        .then(|| crate::eval::paths::normalise(Path::new(path)))
}

impl Wanted {
    fn read<'e>(&mut self, ev: &mut Evaluator<'e>, attrs: &'e Attrs<'e>, pos: Pos) -> EvalResult<'e, ()> {
        let text = |ev: &mut Evaluator<'e>, name: &str| match arguments::optional(ev, attrs, name)? {
            Some(value) => Ok(Some(arguments::plain_text(ev, value, pos)?.to_str_lossy().into_owned())),
            None => Ok(None),
        };
        self.name = text(ev, "name")?;
        self.reference = text(ev, "ref")?;
        self.revision = text(ev, "rev")?;
        let switch = |ev: &mut Evaluator<'e>, name: &str| match arguments::optional(ev, attrs, name)? {
            Some(value) => match ev.force(value)? {
                Value::Bool(value) => Ok(value),
                _ => Err(ev
                    .report
                    .error(ev.report.word_span(pos), &format!("input attribute '{name}' is not a Boolean"))),
            },
            None => Ok(false),
        };
        self.shallow = switch(ev, "shallow")?;
        self.submodules = switch(ev, "submodules")?;
        Ok(())
    }

    /// The set that `fetchGit` returns. The tree can then be read from the store.
    fn result<'e>(self, ev: &mut Evaluator<'e>, tree: GitTree, pos: Pos) -> EvalResult<'e, Value<'e>> {
        let name = self.name.as_deref().unwrap_or("source");
        let mut all = |_: &Path, _: FileKind| Ok::<_, std::convert::Infallible>(true);
        let hash = match nar::hash(&*tree.files, &tree.top, Algorithm::Sha256, &mut all) {
            Ok(hash) => hash,
            Err(NarError::File(path, error)) => return Err(ev.loader.unreadable(&path, &error, pos)),
            Err(NarError::Filter(never)) => match never {},
        };
        let path = path::fixed(name, Method::Recursive, &hash)
            .map_err(|message| ev.report.error(ev.report.word_span(pos), &message))?;
        ev.loader.files.mount(Path::new(&path), Rc::clone(&tree.files), tree.top);
        let out_path = ev.written.add(&ev.heap, &path, Written::File { references: &[] });
        let clean = tree.commit.as_deref().filter(|_| !tree.changed).unwrap_or(NO_COMMIT);
        let mut parts = vec![
            ("outPath", out_path),
            ("narHash", ev.heap.string(&hash.format(Format::Sri))),
            ("rev", ev.heap.string(clean)),
            ("shortRev", ev.heap.string(&clean[..7])),
            ("revCount", Value::Int(tree.count)),
            ("lastModified", Value::Int(tree.time)),
            ("lastModifiedDate", ev.heap.string(&date(tree.time))),
            ("submodules", Value::Bool(self.submodules)),
        ];
        if let (Some(commit), true) = (&tree.commit, tree.changed) {
            parts.push(("dirtyRev", ev.heap.string(&format!("{commit}-dirty"))));
            parts.push(("dirtyShortRev", ev.heap.string(&format!("{}-dirty", &commit[..7]))));
        }
        Ok(ev.heap.attrs(parts.into_iter().map(|(name, value)| (ev.heap.symbol(name), value, Pos::NONE))))
    }
}
