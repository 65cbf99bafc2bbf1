//! Fetchers: they return the store path of what the store already has, and never download.

use std::path::Path;

use super::arguments;
use super::declare::primops;
use super::store::parse_hash_allow_empty;
use crate::code::Element;
use crate::eval::coerce::Coercion;
use crate::eval::error::EvalResult;
use crate::eval::evaluator::Evaluator;
use crate::eval::store::hash::{Algorithm, Hash};
use crate::eval::store::path::{self, Method};
use crate::eval::text::Text;
use crate::eval::value::Value;
use crate::source::{Files, Pos};

primops! {
    global "fetchMercurial" (args: lazy) reads => fetch_mercurial;
    global "fetchTarball" (args: lazy) reads => fetch_tarball;
    prefixed "fetchurl" (args: lazy) reads => fetch_url;
}

fn fetch_url<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    fetch(ev, args[0], "fetchurl", Method::Flat, pos)
}

fn fetch_tarball<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    fetch(ev, args[0], "fetchTarball", Method::Recursive, pos)
}

fn fetch<'e>(
    ev: &mut Evaluator<'e>,
    input: Value<'e>,
    who: &str,
    method: Method,
    pos: Pos,
) -> EvalResult<'e, Value<'e>> {
    let (mut url, mut name, mut hash) = (None, None, None);
    let input = ev.force(input)?;
    if let Value::Attrs(attrs) = input {
        for (attribute, value, at) in attrs.iter() {
            let slot = match ev.heap.name(attribute) {
                "url" => &mut url,
                "name" => &mut name,
                "sha256" => &mut hash,
                other => {
                    let message = format!("unsupported argument '{other}' to '{who}'");
                    return Err(ev.report.error(ev.report.attribute_span(at), &message));
                }
            };
            *slot = Some(arguments::plain_text(ev, value, at)?.to_str_lossy().into_owned());
        }
        if url.is_none() {
            if let Some(unknown) = attrs.rest() {
                return Err(ev.report.unknown_error(unknown));
            }
            return Err(ev.report.error(ev.report.word_span(pos), "'url' argument required"));
        }
    } else {
        url = Some(arguments::plain_text(ev, input, pos)?.to_str_lossy().into_owned());
    }
    let url = url.unwrap_or_default();
    let given = name.is_some();
    let mut name = name.unwrap_or_else(|| match method {
        Method::Flat => String::new(),
        Method::Recursive => String::from("source"),
    });
    if name.is_empty() {
        url.trim_end_matches('/').rsplit('/').next().unwrap_or_default().clone_into(&mut name);
    }
    if let Some(what) = path::name_error(&name) {
        let advice = match given {
            true => format!("change the value for the 'name' attribute passed to '{who}'"),
            false => format!("add a valid 'name' attribute to the argument for '{who}'"),
        };
        let message = format!(
            "invalid store path name when fetching URL '{url}': {what}. Please {advice}, so that it can create a valid store path."
        );
        return Err(ev.report.error(ev.report.word_span(pos), &message));
    }
    if let Some(hash) = hash {
        let path = parse_hash_allow_empty(&hash, Some(Algorithm::Sha256))
            .and_then(|hash| path::fixed(&name, method, &hash))
            .map_err(|message| ev.report.error(ev.report.word_span(pos), &message))?;
        if let Some(found) = in_store(ev, &path) {
            return Ok(found);
        }
    }
    Err(not_in_store(ev, &url, pos))
}

/// A path in the store as a string, with itself as context; `None` if the store lacks it.
pub(super) fn in_store<'e>(ev: &Evaluator<'e>, path: &str) -> Option<Value<'e>> {
    ev.loader.files.kind(Path::new(path)).ok()?;
    let path = ev.heap.str(path);
    let context = ev.heap.context([Element::Path(path)]);
    Some(ev.heap.text_with_context(path.as_bytes(), context))
}

#[cold]
pub(super) fn not_in_store<'e>(ev: &Evaluator<'e>, url: &str, pos: Pos) -> crate::eval::EvalError<'e> {
    ev.only_nix(&format!("'{url}' is not in the Nix store, and only Nix can download it"), ev.report.word_span(pos))
}

fn fetch_mercurial<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    if let Value::Attrs(attrs) = ev.force(args[0])? {
        const KNOWN: [&str; 3] = ["url", "rev", "name"];
        if let Some((name, _, at)) = attrs.iter().find(|(name, ..)| !KNOWN.contains(&ev.heap.name(*name))) {
            let message = format!("unsupported argument '{}' to 'fetchMercurial'", ev.heap.name(name));
            return Err(ev.report.error(ev.report.attribute_span(at), &message));
        }
        if attrs.get(ev.heap.symbol("url")).is_none() && attrs.rest().is_none() {
            return Err(ev.report.error(ev.report.word_span(pos), "'url' argument required"));
        }
    }
    fetch_tree(ev, args[0], pos)
}

/// Fetches a work tree under version control: known only if both the revision and the NAR hash are given.
pub(super) fn fetch_tree<'e>(ev: &mut Evaluator<'e>, input: Value<'e>, pos: Pos) -> EvalResult<'e, Value<'e>> {
    let input = ev.force(input)?;
    let Value::Attrs(attrs) = input else {
        let url = fetch_location(ev, input, pos)?;
        return Err(not_in_store(ev, &url, pos));
    };
    let Some(url) = arguments::optional(ev, attrs, "url")? else {
        return Err(ev.report.error(ev.report.word_span(pos), "input attribute 'url' is missing"));
    };
    let url = fetch_location(ev, url, pos)?;
    let text = |ev: &mut Evaluator<'e>, name: &str| match arguments::optional(ev, attrs, name)? {
        Some(value) => Ok(Some(arguments::plain_text(ev, value, pos)?.to_str_lossy().into_owned())),
        None => Ok(None),
    };
    let name = text(ev, "name")?.unwrap_or_else(|| String::from("source"));
    let (revision, nar_hash) = (text(ev, "rev")?, text(ev, "narHash")?);
    if let (Some(revision), Some(nar_hash)) = (revision, nar_hash) {
        let path = Hash::parse(&nar_hash, None)
            .and_then(|hash| path::fixed(&name, Method::Recursive, &hash))
            .map_err(|message| ev.report.error(ev.report.word_span(pos), &message))?;
        if let Some(found) = in_store(ev, &path) {
            let short: String = revision.chars().take(7).collect();
            let parts = [
                ("outPath", found),
                ("rev", ev.heap.string(&revision)),
                ("shortRev", ev.heap.string(&short)),
                ("narHash", ev.heap.string(&nar_hash)),
                ("submodules", Value::Bool(false)),
            ];
            return Ok(ev.heap.attrs(parts.map(|(name, value)| (ev.heap.symbol(name), value, Pos::NONE))));
        }
    }
    Err(not_in_store(ev, &url, pos))
}

/// Coerces the location to fetch from, which may be a string or a path.
pub(super) fn fetch_location<'e>(ev: &mut Evaluator<'e>, value: Value<'e>, pos: Pos) -> EvalResult<'e, String> {
    let mut text = Text::default();
    let span = ev.report.word_span(pos);
    ev.coerce_to_string(value, Coercion::PLAIN, &mut text, span)?;
    Ok(text.to_str_lossy().into_owned())
}
