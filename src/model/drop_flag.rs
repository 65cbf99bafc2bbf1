//! The flag in `extraFlags` that stands for `dropCapabilities`.
//!
//! NixOS has no `dropCapabilities`. Our NixOS module declares the option and adds this flag, so that NixOS's own containers
//! drop the capabilities too. Without the module, there is only the option. Both mean the same, so the flag is left out of what
//! is compared and applied.

use std::borrow::Cow;

use serde_json::Value as Json;

use super::{Container, Field};

const PREFIX: &str = "--drop-capability=";

impl Container {
    /// The flag that our NixOS module adds; `None` if nothing is dropped, or if it is unknown what.
    pub(crate) fn drop_flag(&self) -> Option<String> {
        let names = self.drop_capabilities.known()?.iter().map(|name| name.known().map(String::as_str));
        flag(&names.collect::<Option<Vec<_>>>()?)
    }

    /// Removes that flag from `extraFlags`.
    pub(crate) fn remove_drop_flag(&mut self) {
        let (Some(flag), Field::Known(flags)) = (self.drop_flag(), &mut self.extra_flags) else { return };
        // The module puts it last.
        if let Some(index) = flags.iter().rposition(|one| one.known() == Some(&flag)) {
            flags.remove(index);
        }
    }
}

/// The options that Nix printed for a container, without that flag.
pub(super) fn without_drop_flag(options: &Json) -> Cow<'_, Json> {
    let strings =
        |option: &str| options.get(option)?.as_array()?.iter().map(Json::as_str).collect::<Option<Vec<_>>>();
    let Some(flag) = strings("dropCapabilities").and_then(|names| flag(&names)) else {
        return Cow::Borrowed(options);
    };
    let Some(index) = strings("extraFlags").and_then(|flags| flags.iter().rposition(|one| *one == flag)) else {
        return Cow::Borrowed(options);
    };
    let mut options = options.clone();
    if let Some(flags) = options["extraFlags"].as_array_mut() {
        flags.remove(index);
    }
    Cow::Owned(options)
}

fn flag(names: &[&str]) -> Option<String> {
    (!names.is_empty()).then(|| format!("{PREFIX}{}", names.join(",")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn container(drop: &[&str], flags: &[&str]) -> Container {
        let list = |items: &[&str]| Field::Known(items.iter().map(|item| (*item).to_owned().into()).collect());
        Container {
            drop_capabilities: list(drop),
            extra_flags: list(flags),
            ..Container::with_defaults(String::from("/nix/store/x").into())
        }
    }

    #[test]
    fn one_flag_with_exactly_these_capabilities_is_removed() {
        let (both, one) = ("--drop-capability=CAP_A,CAP_B", "--drop-capability=CAP_A");
        for (drop, flags, left) in [
            (&["CAP_A", "CAP_B"][..], &["-U", both][..], &["-U"][..]),
            (&["CAP_A", "CAP_B"], &[both, one, both], &[both, one]),
            (&["CAP_A", "CAP_B"], &[one, "--drop-capability=CAP_B"], &[one, "--drop-capability=CAP_B"]),
            (&["CAP_A"], &[both], &[both]),
            (&["CAP_A"], &[], &[]),
            (&[], &["--drop-capability="], &["--drop-capability="]),
        ] {
            let mut typed = container(drop, flags);
            let printed = serde_json::to_value(&typed).expect("JSON");
            typed.remove_drop_flag();
            assert_eq!(typed, container(drop, left), "{drop:?} {flags:?}");
            assert_eq!(without_drop_flag(&printed)["extraFlags"], json!(left), "{drop:?} {flags:?}");
        }
    }

    #[test]
    fn what_is_unknown_is_left_as_it_is() {
        let unknown = json!({ "_unknown": { "reason": "r", "file": "f", "line": 1, "column": 1 } });
        let mut json = serde_json::to_value(container(&["CAP_A"], &["--drop-capability=CAP_A"])).expect("JSON");
        for option in ["dropCapabilities", "extraFlags"] {
            let known = std::mem::replace(&mut json[option], unknown.clone());
            let mut typed: Container = serde_json::from_value(json.clone()).expect("a container");
            typed.remove_drop_flag();
            assert_eq!(serde_json::to_value(&typed).expect("JSON"), json, "{option}");
            assert_eq!(*without_drop_flag(&json), json, "{option}");
            json[option] = known;
        }
    }
}
