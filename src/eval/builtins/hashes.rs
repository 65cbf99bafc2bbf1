//! Hashes of strings and files, and conversion between hash formats.

use super::declare::primops;
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

impl<'e> Evaluator<'e> {
    fn algorithm(&mut self, value: Value<'e>, pos: Pos) -> EvalResult<'e, Algorithm> {
        let name = self.plain_text(value, pos)?.to_str_lossy();
        Algorithm::parse(&name).map_err(|message| self.report.error(self.report.word_span(pos), &message))
    }
}

fn hash_string<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let algorithm = ev.algorithm(args[0], pos)?;
    let text = ev.text(args[1], pos)?.as_bytes();
    Ok(ev.heap.string(&Hash::of(algorithm, text).hex()))
}

fn hash_file<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let algorithm = ev.algorithm(args[0], pos)?;
    let path = ev.readable_path(args[1], pos)?;
    let bytes = ev.loader.files.read(&path).map_err(|error| ev.unreadable(&path, &error, pos))?;
    Ok(ev.heap.string(&Hash::of(algorithm, &bytes).hex()))
}

fn convert_hash<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let input = ev.set(args[0], pos)?;
    let hash = ev.required(input, "hash", pos)?;
    let hash = ev.plain_text(hash, pos)?.to_str_lossy();
    let algorithm = match ev.optional(input, "hashAlgo")? {
        Some(name) => Some(ev.algorithm(name, pos)?),
        None => None,
    };
    let format = ev.required(input, "toHashFormat", pos)?;
    let format = ev.plain_text(format, pos)?.to_str_lossy();
    let converted = Format::parse(&format)
        .and_then(|format| Hash::parse(&hash, algorithm).map(|hash| hash.format(format)))
        .map_err(|message| ev.report.error(ev.report.word_span(pos), &message))?;
    Ok(ev.heap.string(&converted))
}
