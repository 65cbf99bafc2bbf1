//! Hashes of strings and files, and conversion between hash formats.

use super::arguments;
use super::declare::primops;
use super::paths::readable_path;
use crate::eval::error::EvalResult;
use crate::eval::evaluator::Evaluator;
use crate::eval::store::hash::{Algorithm, Format, Hash};
use crate::eval::value::Value;
use crate::source::{Files, Pos};

primops! {
    prefixed "convertHash" (args: lazy) => convert_hash;
    prefixed "hashFile" (algorithm: lazy, path: lazy) reads => hash_file;
    prefixed "hashString" (algorithm: lazy, text: lazy) => hash_string;
}

fn algorithm<'e>(ev: &mut Evaluator<'e>, value: Value<'e>, pos: Pos) -> EvalResult<'e, Algorithm> {
    let name = arguments::plain_text(ev, value, pos)?.to_str_lossy();
    Algorithm::parse(&name).map_err(|message| ev.report.error(ev.report.word_span(pos), &message))
}

fn hash_string<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let algorithm = algorithm(ev, args[0], pos)?;
    let text = arguments::text(ev, args[1], pos)?.as_bytes();
    Ok(ev.heap.string(&Hash::of(algorithm, text).hex()))
}

fn hash_file<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let algorithm = algorithm(ev, args[0], pos)?;
    let path = readable_path(ev, args[1], pos)?;
    let bytes = ev.loader.files.read(&path).map_err(|error| ev.loader.unreadable(&path, &error, pos))?;
    Ok(ev.heap.string(&Hash::of(algorithm, &bytes).hex()))
}

fn convert_hash<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let input = arguments::set(ev, args[0], pos)?;
    let hash = arguments::required(ev, input, "hash", pos)?;
    let hash = arguments::plain_text(ev, hash, pos)?.to_str_lossy();
    let algorithm = match arguments::optional(ev, input, "hashAlgo")? {
        Some(name) => Some(algorithm(ev, name, pos)?),
        None => None,
    };
    let format = arguments::required(ev, input, "toHashFormat", pos)?;
    let format = arguments::plain_text(ev, format, pos)?.to_str_lossy();
    let converted = Format::parse(&format)
        .and_then(|format| Hash::parse(&hash, algorithm).map(|hash| hash.format(format)))
        .map_err(|message| ev.report.error(ev.report.word_span(pos), &message))?;
    Ok(ev.heap.string(&converted))
}
