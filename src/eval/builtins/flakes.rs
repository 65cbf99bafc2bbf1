//! What belongs to flakes. Nix refuses it without its experimental feature `flakes`; so does this.

use super::{EvalResult, Evaluator, Pos, Value, primops};

primops! { "flakeRefToString" 1 flake_reference_to_string, "getFlake" 1 get_flake, "parseFlakeRef" 1 parse_flake_reference }

fn get_flake<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let reference = ev.plain_text(args[0], pos)?.to_str_lossy();
    if ev.settings.unknowns {
        return Err(ev.only_nix(&format!("the flake '{reference}' is fetched by Nix"), ev.word_span(pos)));
    }
    Err(ev.feature_error("flakes", "", pos))
}

fn parse_flake_reference<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    ev.plain_text(args[0], pos)?;
    Err(ev.feature_error("flakes", "", pos))
}

fn flake_reference_to_string<'e>(
    ev: &mut Evaluator<'e>,
    args: &[Value<'e>],
    pos: Pos,
) -> EvalResult<'e, Value<'e>> {
    ev.closed_set(args[0], pos)?;
    Err(ev.feature_error("flakes", "", pos))
}
