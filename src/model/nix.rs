//! Completes a container with the values that Nix computed.
//!
//! Takes: a [`Container`] as evaluated here, and all its options as printed by Nix. Gives: the container without unknown
//! values, or every known value that Nix computes differently (contract §3).

use serde_json::Value as Json;

use super::drop_flag::without_drop_flag;
use super::path::OptionPath;
use super::{Container, UNKNOWN_KEY};

/// A value that was shown as known, but that Nix computes differently.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Contradiction {
    /// The option, relative to the container.
    pub option: OptionPath,
    /// What was shown.
    pub shown: Json,
    /// What Nix computes.
    pub nix: Json,
}

/// Why a container could not be completed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CompleteError {
    /// Nix computes different values than were shown.
    #[error("Nix computes other values than were shown as known")]
    Contradictions(Vec<Contradiction>),
    /// Nix printed options that the model cannot represent.
    #[error("the options that Nix printed do not fit the model")]
    Unfit(#[from] serde_json::Error),
}

/// Fills the unknown values of `ours` from `options`, and sets `path` to `system`.
///
/// # Errors
/// Fails if Nix contradicts a known value, or if its options do not fit the model.
pub(crate) fn complete(ours: &Container, options: &Json, system: &str) -> Result<Container, CompleteError> {
    let mut known = serde_json::to_value(ours)?;
    let mut contradictions = Vec::new();
    let options = without_drop_flag(options);
    for (name, nix) in options.as_object().into_iter().flatten() {
        if let Some(shown) = known.get_mut(name) {
            fill(shown, nix, &OptionPath::new([name]), &mut contradictions);
        }
    }
    known["path"] = Json::from(system);
    if contradictions.is_empty() {
        Ok(serde_json::from_value(known)?)
    } else {
        Err(CompleteError::Contradictions(contradictions))
    }
}

fn fill(shown: &mut Json, nix: &Json, path: &OptionPath, contradictions: &mut Vec<Contradiction>) {
    if shown.get(UNKNOWN_KEY).is_some() {
        *shown = nix.clone();
        return;
    }
    match (&mut *shown, nix) {
        (Json::Object(ours), Json::Object(theirs)) if ours.keys().eq(theirs.keys()) => {
            for (name, value) in ours {
                fill(value, &theirs[name], &path.join(name), contradictions);
            }
        }
        (Json::Array(ours), Json::Array(theirs)) if ours.len() == theirs.len() => {
            for (index, (ours, theirs)) in ours.iter_mut().zip(theirs).enumerate() {
                fill(ours, theirs, &path.join(index.to_string()), contradictions);
            }
        }
        (ours, theirs) if ours == theirs => {}
        (ours, theirs) => {
            contradictions.push(Contradiction { option: path.clone(), shown: ours.clone(), nix: theirs.clone() });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Field, Unknown};

    #[test]
    fn nix_fills_what_is_unknown_and_may_not_contradict_the_rest() {
        let unknown = Unknown {
            reason: "pkgs".into(),
            file: "h.nix".into(),
            line: 1,
            column: 1,
            failed: false,
            at_least: None,
        };
        let mut ours = Container::with_defaults(Field::Unknown(unknown.clone()));
        ours.extra_flags = Field::Known(vec![String::from("-a").into(), Field::Unknown(unknown)]);
        let options = serde_json::json!({ "autoStart": false, "extraFlags": ["-a", "-b"] });
        let whole = complete(&ours, &options, "/nix/store/x").expect("no contradiction");
        assert_eq!(whole.extra_flags.known().map(Vec::len), Some(2));
        assert_eq!(whole.path, String::from("/nix/store/x").into());

        let options = serde_json::json!({ "autoStart": true, "extraFlags": ["-c", "-b"] });
        let Err(CompleteError::Contradictions(found)) = complete(&ours, &options, "/nix/store/x") else {
            panic!("two contradictions")
        };
        let shown: Vec<_> = found.iter().map(|c| format!("{} {} {}", c.option, c.shown, c.nix)).collect();
        assert_eq!(shown, ["autoStart false true", "extraFlags.\"0\" \"-a\" \"-c\""]);
    }
}
