//! `completions` and `man`, generated from the parser, and `schema`, generated from the types that are printed.

use std::path::Path;

use clap::CommandFactory;

use crate::cli::args::{Cli, SchemaOf};
use crate::cli::completion;
use crate::cli::session::{Outcome, Session};
use crate::diag::{Code, Diagnostic};
use crate::model::Manifest;
use crate::plan::show;

/// Prints the completion script of a shell.
pub(in crate::cli) fn completions(session: &Session<'_>, shell: clap_complete::Shell) -> Outcome {
    let script = completion::script(shell).map_err(|error| vec![Diagnostic::caused_by(Code::Internal, &error)])?;
    session.terminal.result_bytes(&script);
    Ok(0)
}

/// Prints the man page, or writes one man page per command into `directory`.
pub(in crate::cli) fn man(session: &Session<'_>, directory: Option<&Path>) -> Outcome {
    let failed = |error: std::io::Error| vec![Diagnostic::caused_by(Code::Host, &error)];
    match directory {
        Some(directory) => {
            std::fs::create_dir_all(directory).map_err(failed)?;
            clap_mangen::generate_to(Cli::command(), directory).map_err(failed)?;
        }
        None => {
            let mut text = Vec::new();
            clap_mangen::Man::new(Cli::command()).render(&mut text).map_err(failed)?;
            session.terminal.result_bytes(&text);
        }
    }
    Ok(0)
}

/// Prints the JSON Schema of a document.
pub(in crate::cli) fn schema(session: &Session<'_>, of: SchemaOf) -> Outcome {
    let schema = match of {
        SchemaOf::Manifest => Manifest::schema(),
        SchemaOf::Plan => show::schema(),
    };
    session.terminal.result(&format!("{schema:#}\n"));
    Ok(0)
}
