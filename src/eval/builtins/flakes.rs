//! Built-in functions for flakes. Like Nix, rejects them without the experimental feature `flakes`, except while a
//! configuration is evaluated, which may be a flake.

use super::arguments;
use super::declare::primops;
use super::flake_ref::{self, Attr};
use crate::eval::error::EvalResult;
use crate::eval::evaluator::Evaluator;
use crate::eval::value::Value;
use crate::source::Pos;
use crate::syntax::quote;

primops! {
    prefixed "flakeRefToString" (attrs: lazy) => flake_reference_to_string;
    prefixed "getFlake" (reference: lazy) reads => get_flake;
    prefixed "parseFlakeRef" (reference: lazy) => parse_flake_reference;
}

fn get_flake<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    if let Some(of_host) = ev.loader.flake_getter {
        return ev.call(of_host, args[0], pos);
    }
    let reference = arguments::plain_text(ev, args[0], pos)?.to_str_lossy();
    if ev.settings.has_flakes() {
        return Err(ev.only_nix(&format!("only Nix can fetch the flake '{reference}'"), ev.report.word_span(pos)));
    }
    Err(ev.report.feature_error("flakes", "", pos))
}

fn parse_flake_reference<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let reference = arguments::plain_text(ev, args[0], pos)?.to_str_lossy();
    if !ev.settings.has_flakes() {
        return Err(ev.report.feature_error("flakes", "", pos));
    }
    let attrs =
        flake_ref::parse(&reference).map_err(|message| ev.report.error(ev.report.word_span(pos), &message))?;
    let attrs = attrs.into_iter().map(|(name, attr)| {
        let value = match attr {
            Attr::Text(text) => ev.heap.string(&text),
            Attr::Number(number) => Value::Int(number.cast_signed()),
            Attr::Switch(on) => Value::Bool(on),
        };
        (ev.heap.symbol(&name), value, Pos::NONE)
    });
    Ok(ev.heap.attrs(attrs.collect::<Vec<_>>()))
}

fn flake_reference_to_string<'e>(
    ev: &mut Evaluator<'e>,
    args: &[Value<'e>],
    pos: Pos,
) -> EvalResult<'e, Value<'e>> {
    let attrs = arguments::closed_set(ev, args[0], pos)?;
    if !ev.settings.has_flakes() {
        return Err(ev.report.feature_error("flakes", "", pos));
    }
    let mut reference = flake_ref::Attrs::new();
    for (name, value, at) in attrs.iter() {
        let name = ev.heap.name(name);
        let attr = match arguments::known(ev, value)? {
            Value::String(text) => Attr::Text(text.to_str_lossy().into_owned()),
            Value::Bool(on) => Attr::Switch(on),
            Value::Int(number) => Attr::Number(u64::try_from(number).map_err(|_| {
                let message = format!("negative value given for flake ref attr {name}: {number}");
                ev.report.error(ev.report.attribute_span(at), &message)
            })?),
            other => {
                let (name, found) = (quote(name), other.type_name());
                let what = "flake reference attribute sets may only contain integers, Booleans, and strings";
                let message = format!("{what}, but attribute '{name}' is {found}");
                return Err(ev.report.error(ev.report.attribute_span(at), &message));
            }
        };
        reference.insert(name.to_owned(), attr);
    }
    let text =
        flake_ref::to_text(reference).map_err(|message| ev.report.error(ev.report.word_span(pos), &message))?;
    Ok(ev.heap.string(&text))
}
