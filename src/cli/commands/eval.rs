//! `eval`: prints the typed model as JSON, or the value of any Nix expression as Nix prints it.

use std::io::Read as _;

use crate::app::{self, ConfigOptions, Environment, Expression, ExpressionOptions, Show};
use crate::cli::args::ExpressionArgs;
use crate::cli::screen;
use crate::cli::session::{Outcome, Session};
use crate::diag::{Code, Diagnostic};

/// Prints the model, or the models of all hosts. With `--keep-going`, exits with 1 if part of them failed.
pub(in crate::cli) fn eval(session: &Session<'_>, config: &ConfigOptions, show: Show) -> Outcome {
    let (shown, has_failed) = app::eval(&session.context(), config, show)?;
    let json = serde_json::to_string_pretty(&shown).expect("the model has string keys only");
    session.terminal.result(&format!("{json}\n"));
    Ok(u8::from(has_failed))
}

/// Prints the values of expressions, strictly evaluated, one per line.
pub(in crate::cli) fn expression(session: &Session<'_>, config: &ConfigOptions, args: &ExpressionArgs) -> Outcome {
    let pairs = |words: &[String]| words.chunks_exact(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect();
    let options = ExpressionOptions {
        expressions: expressions(args, session.environment)?,
        attributes: args.attr.clone(),
        arguments: pairs(&args.arg),
        string_arguments: pairs(&args.argstr),
        json: args.json,
        max_call_depth: args.max_call_depth,
        log: Some(|message| screen::line(tracing::Level::INFO, message)),
    };
    app::expressions(&session.context(), config, &options, &mut |value| session.terminal.result_bytes(value))?;
    Ok(0)
}

fn expressions(args: &ExpressionArgs, environment: &Environment) -> Result<Vec<Expression>, Vec<Diagnostic>> {
    let texts = args.expr.iter().map(|text| Ok(Expression::Text(text.clone())));
    let files = args.file.iter().map(|path| {
        if path.as_os_str() != "-" {
            return Ok(Expression::File(environment.absolute(path)));
        }
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map_err(|error| {
            vec![Diagnostic::error(Code::Unreadable, format!("cannot read standard input: {error}"))]
        })?;
        Ok(Expression::Stdin(text))
    });
    texts.chain(files).collect()
}
