//! `derivationStrict`: turns attributes into a derivation, its store path and those of its outputs.

use std::collections::{BTreeMap, BTreeSet};

use super::arguments;
use super::declare::primops;
use super::paths::{closure, written_derivation};
use super::store::parse_hash_allow_empty;
use crate::code::{Context, Element};
use crate::eval::coerce::Coercion;
use crate::eval::error::EvalResult;
use crate::eval::evaluator::Evaluator;
use crate::eval::json;
use crate::eval::native::Suspend;
use crate::eval::store::derivation::{Derivation, Output};
use crate::eval::store::hash::Algorithm;
use crate::eval::store::path::{self, Method};
use crate::eval::text::Text;
use crate::eval::value::Value;
use crate::eval::written::Written;
use crate::source::{Pos, Span};

primops! {
    global "derivationStrict" (attrs: lazy) => derivation_strict;
}

/// How attributes are coerced: every value becomes a string, with its paths in the store.
const ATTRIBUTE: Coercion = Coercion { more: true, copy_to_store: true };

/// `derivation`, which is written in Nix.
pub(super) struct WrittenInNix;

impl<'e> Suspend<'e> for WrittenInNix {
    fn resume(&self, ev: &mut Evaluator<'e>) -> EvalResult<'e, Value<'e>> {
        ev.eval_text("«nix-internal»/derivation.nix", include_str!("derivation.nix"))
    }
}

/// A derivation under construction.
struct Draft<'e> {
    derivation: Derivation,
    context: Context<'e>,
    outputs: BTreeSet<String>,
    json: Option<BTreeMap<&'e str, Vec<u8>>>,
    hash: Option<String>,
    algorithm: Option<Algorithm>,
    method: Option<Method>,
}

fn derivation_strict<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let attrs = arguments::closed_set(ev, args[0], pos)?;
    // Errors about the derivation as a whole point to its name: `pos` is inside `derivation`.
    let first =
        attrs.find(ev.heap.common.name).map(|attr| attr.pos).or_else(|| attrs.iter().map(|(.., pos)| pos).min());
    let span = match first.filter(|first| first.is_some()) {
        Some(first) => ev.report.attribute_span(first),
        None => ev.report.word_span(pos),
    };
    let name = match arguments::optional(ev, attrs, "name")? {
        Some(name) => name,
        None => return Err(ev.report.error(span, "attribute 'name' missing")),
    };
    let name = arguments::plain_text(ev, name, pos)?.to_str_lossy().into_owned();
    if let Some(what) = path::name_error(&name) {
        let message = format!("invalid derivation name: {what}. Please pass a different 'name'.");
        return Err(ev.report.error(span, &message));
    }
    let switch = |ev: &mut Evaluator<'e>, name: &str| match arguments::optional(ev, attrs, name)? {
        Some(value) => arguments::boolean(ev, value, pos),
        None => Ok(false),
    };
    let structured = switch(ev, "__structuredAttrs")?;
    let ignore_nulls = switch(ev, "__ignoreNulls")?;
    let mut draft = Draft {
        derivation: Derivation { name, ..Derivation::default() },
        context: Context::default(),
        outputs: BTreeSet::from([String::from("out")]),
        json: structured.then(BTreeMap::new),
        hash: None,
        algorithm: None,
        method: None,
    };
    for (name, value, at) in ev.heap.by_name(attrs) {
        if name == "__ignoreNulls" || ignore_nulls && matches!(ev.force(value)?, Value::Null) {
            continue;
        }
        if let Err(error) = draft.attribute(ev, name, value, at) {
            let name_of_it = &draft.derivation.name;
            let what = format!("while evaluating attribute '{name}' of derivation '{name_of_it}'");
            error.trace(ev.report.attribute_span(at), || what);
            return Err(error);
        }
    }
    let name = draft.derivation.name.clone();
    draft.finish(ev, span).inspect_err(|error| {
        error.trace(span, || format!("while evaluating derivation '{name}'"));
    })
}

impl<'e> Draft<'e> {
    fn attribute(
        &mut self,
        ev: &mut Evaluator<'e>,
        name: &'e str,
        value: Value<'e>,
        pos: Pos,
    ) -> EvalResult<'e, ()> {
        match name {
            "__contentAddressed" | "__impure" => {
                let feature = if name == "__impure" { "impure-derivations" } else { "ca-derivations" };
                if arguments::boolean(ev, value, pos)? {
                    Err(ev.report.feature_error(feature, "", pos))
                } else {
                    Ok(())
                }
            }
            "args" => {
                for argument in arguments::items(ev, value, pos)? {
                    let argument = self.string(ev, argument.get(), pos)?;
                    self.derivation.arguments.push(argument);
                }
                Ok(())
            }
            _ if self.json.is_some() => self.structured_attribute(ev, name, value, pos),
            _ => self.plain_attribute(ev, name, value, pos),
        }
    }

    fn string(&mut self, ev: &mut Evaluator<'e>, value: Value<'e>, pos: Pos) -> EvalResult<'e, Vec<u8>> {
        let mut text = Text::default();
        let span = ev.report.attribute_span(pos);
        ev.coerce_to_string(value, ATTRIBUTE, &mut text, span)?;
        self.context = ev.heap.merge_contexts(self.context, text.context);
        Ok(text.bytes)
    }

    fn plain_attribute(
        &mut self,
        ev: &mut Evaluator<'e>,
        name: &str,
        value: Value<'e>,
        pos: Pos,
    ) -> EvalResult<'e, ()> {
        let bytes = self.string(ev, value, pos)?;
        if name == "__json" {
            // Like Nix, parse the JSON and print it again.
            let json = json::parse_json(ev, &bytes).map_err(|message| {
                ev.report
                    .error(ev.report.attribute_span(pos), &format!("cannot process __json attribute: {message}"))
            })?;
            self.derivation.structured = Some(json::to_json(ev, json)?);
            return Ok(());
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        match name {
            "builder" => self.derivation.builder.clone_from(&bytes),
            "system" => self.derivation.system.clone_from(&bytes),
            "outputHash" => self.hash = Some(text),
            "outputHashAlgo" => self.algorithm = Algorithm::parse(&text).ok(),
            "outputHashMode" => self.set_method(ev, &text, pos)?,
            "outputs" => self.set_outputs(ev, text.split_ascii_whitespace(), pos)?,
            _ => {}
        }
        self.derivation.environment.insert(name.as_bytes().to_vec(), bytes);
        Ok(())
    }

    fn structured_attribute(
        &mut self,
        ev: &mut Evaluator<'e>,
        name: &'e str,
        value: Value<'e>,
        pos: Pos,
    ) -> EvalResult<'e, ()> {
        if name == "__structuredAttrs" {
            return Ok(());
        }
        let span = ev.report.attribute_span(pos);
        let (json, context) = json::json_with_context(ev, value, span)?;
        self.context = ev.heap.merge_contexts(self.context, context);
        if let Some(members) = &mut self.json {
            members.insert(name, json);
        }
        match name {
            "builder" => {
                let builder = arguments::text(ev, value, pos)?;
                self.context = ev.heap.merge_contexts(self.context, builder.context());
                self.derivation.builder = builder.as_bytes().to_vec();
            }
            "system" => self.derivation.system = arguments::plain_text(ev, value, pos)?.as_bytes().to_vec(),
            "outputHash" => self.hash = Some(arguments::plain_text(ev, value, pos)?.to_str_lossy().into_owned()),
            "outputHashAlgo" => {
                let text = arguments::plain_text(ev, value, pos)?.to_str_lossy();
                self.algorithm = Algorithm::parse(&text).ok();
            }
            "outputHashMode" => {
                let text = arguments::plain_text(ev, value, pos)?.to_str_lossy();
                self.set_method(ev, &text, pos)?;
            }
            "outputs" => {
                let mut outputs = Vec::new();
                for output in arguments::items(ev, value, pos)? {
                    outputs.push(arguments::plain_text(ev, output.get(), pos)?.to_str_lossy());
                }
                self.set_outputs(ev, outputs.iter().map(AsRef::as_ref), pos)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn set_method(&mut self, ev: &Evaluator<'e>, text: &str, pos: Pos) -> EvalResult<'e, ()> {
        self.method = Some(match text {
            "flat" => Method::Flat,
            "recursive" | "nar" => Method::Recursive,
            "git" => return Err(ev.report.feature_error("git-hashing", "", pos)),
            "text" => {
                let what =
                    format!(" (text-hashed derivation '{}', outputHashMode = \"text\")", self.derivation.name);
                return Err(ev.report.feature_error("dynamic-derivations", &what, pos));
            }
            _ => {
                let message = format!("invalid value '{text}' for 'outputHashMode' attribute");
                return Err(ev.report.error(ev.report.attribute_span(pos), &message));
            }
        });
        Ok(())
    }

    fn set_outputs<'a>(
        &mut self,
        ev: &Evaluator<'e>,
        outputs: impl Iterator<Item = &'a str>,
        pos: Pos,
    ) -> EvalResult<'e, ()> {
        let fail = |message: &str| Err(ev.report.error(ev.report.attribute_span(pos), message));
        self.outputs.clear();
        for output in outputs {
            if output == "drvPath" {
                return fail("invalid derivation output name 'drvPath'");
            }
            if !self.outputs.insert(output.to_owned()) {
                return fail(&format!("duplicate derivation output '{output}'"));
            }
        }
        if self.outputs.is_empty() {
            return fail("derivation cannot have an empty set of outputs");
        }
        Ok(())
    }

    /// Computes everything else, and returns the set that `derivationStrict` returns.
    fn finish(mut self, ev: &mut Evaluator<'e>, span: Span) -> EvalResult<'e, Value<'e>> {
        if let Some(members) = self.json.take() {
            self.derivation.structured = Some(object(&members));
        }
        self.add_inputs(ev, span)?;
        let derivation = &mut self.derivation;
        let fail = |message: &str| ev.report.error(span, message);
        for (value, name) in [(&derivation.builder, "builder"), (&derivation.system, "system")] {
            if value.is_empty() {
                return Err(fail(&format!("required attribute '{name}' missing")));
            }
        }
        if derivation.name.ends_with(".drv") {
            let only = "only if they produce a single derivation file";
            return Err(fail(&format!("derivation names are allowed to end in '.drv' {only}")));
        }
        if let Some(text) = &self.hash {
            if self.outputs.iter().ne(["out"]) {
                return Err(fail("multiple outputs are not supported in fixed-output derivations"));
            }
            let hash = parse_hash_allow_empty(text, self.algorithm).map_err(|message| fail(&message))?;
            let method = self.method.unwrap_or(Method::Flat);
            let path = path::fixed(&derivation.name, method, &hash).map_err(|message| fail(&message))?;
            derivation.environment.insert(b"out".to_vec(), path.into_bytes());
            derivation.outputs.insert(String::from("out"), Output::Fixed(method, hash));
        } else {
            for output in &self.outputs {
                derivation.environment.insert(output.clone().into_bytes(), Vec::new());
                derivation.outputs.insert(output.clone(), Output::Path(String::new()));
            }
            let masked =
                derivation.hash_modulo(|path| written_derivation(ev, path, span).map(|(_, modulo)| modulo))?;
            derivation.fill_outputs(&masked).map_err(|message| fail(&message))?;
        }
        let drv_path = derivation.store_path().map_err(|message| fail(&message))?;
        let modulo = derivation.hash_modulo(|path| written_derivation(ev, path, span).map(|(_, modulo)| modulo))?;
        let drv_path = ev.heap.str(&drv_path);
        let derivation: &'e Derivation = ev.heap.alloc(self.derivation);
        ev.written.paths.insert(drv_path, Written::Derivation(derivation, ev.heap.alloc(modulo)));

        let deep = ev.heap.context([Element::Deep(drv_path)]);
        let mut result =
            vec![(ev.heap.symbol("drvPath"), ev.heap.text_with_context(drv_path.as_bytes(), deep), Pos::NONE)];
        for output in derivation.outputs.keys() {
            let path = derivation.output_path(output).unwrap_or_default();
            let context = ev.heap.context([Element::Output { derivation: drv_path, output: ev.heap.str(output) }]);
            result.push((ev.heap.symbol(output), ev.heap.text_with_context(path.as_bytes(), context), Pos::NONE));
        }
        Ok(ev.heap.attrs(result))
    }

    /// Turns the context of the attributes into inputs.
    fn add_inputs(&mut self, ev: &Evaluator<'e>, span: Span) -> EvalResult<'e, ()> {
        let derivation = &mut self.derivation;
        for element in self.context.elements() {
            match *element {
                Element::Path(path) => {
                    derivation.input_sources.insert(path.to_owned());
                }
                Element::Output { derivation: path, output } => {
                    let outputs = derivation.input_derivations.entry(path.to_owned()).or_default();
                    outputs.insert(output.to_owned());
                }
                Element::Deep(path) => {
                    // `nix-instantiate --eval` writes no derivations, so Nix fails to read this one.
                    if !ev.settings.unknowns {
                        return Err(ev.report.error(span, &format!("path '{path}' is not valid")));
                    }
                    for path in closure(ev, path, span)? {
                        if path.ends_with(".drv") {
                            let (input, _) = written_derivation(ev, &path, span)?;
                            let outputs = derivation.input_derivations.entry(path.clone()).or_default();
                            outputs.extend(input.outputs.keys().cloned());
                        }
                        derivation.input_sources.insert(path);
                    }
                }
            }
        }
        Ok(())
    }
}

/// A JSON object whose member values are JSON already.
fn object(members: &BTreeMap<&str, Vec<u8>>) -> Vec<u8> {
    let mut out = vec![b'{'];
    for (index, (name, json)) in members.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        crate::eval::json::write_string(name.as_bytes(), &mut out);
        out.push(b':');
        out.extend(json);
    }
    out.push(b'}');
    out
}
