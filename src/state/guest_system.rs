//! What a guest's system says about switching to it while the guest runs.

use std::collections::BTreeMap;

use crate::diag::visible;

/// The longest text of an inhibitor that is shown, in characters.
const LONGEST: usize = 100;

/// The facts about a guest's system that decide whether a running guest can switch to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuestSystem {
    /// Whether it has `bin/switch-to-configuration` (NixOS: `system.switch.enable`).
    pub can_switch: bool,
    /// Its switch inhibitors (NixOS: `system.switch.inhibitors`), as far as they can be compared.
    pub inhibitors: BTreeMap<String, String>,
}

impl Default for GuestSystem {
    /// A system that any guest can switch to.
    fn default() -> Self {
        Self { can_switch: true, inhibitors: BTreeMap::new() }
    }
}

impl GuestSystem {
    /// Why a guest that runs `former` cannot switch to this system; `None` if nothing is known to prevent it.
    ///
    /// Like NixOS's own check before a switch, this compares the inhibitors that both systems have.
    pub fn obstacle(&self, former: Option<&Self>) -> Option<NoSwitch> {
        if !self.can_switch {
            return Some(NoSwitch::Disabled);
        }
        let differs = |(name, before): (&String, &String)| {
            let after = self.inhibitors.get(name).filter(|after| *after != before)?;
            Some(Inhibitor { name: name.clone(), before: before.clone(), after: after.clone() })
        };
        let inhibitors: Vec<_> = former?.inhibitors.iter().filter_map(differs).collect();
        (!inhibitors.is_empty()).then_some(NoSwitch::Inhibited(inhibitors))
    }
}

/// Why a running guest must be restarted to get its new system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoSwitch {
    /// The new system has no `switch-to-configuration`.
    Disabled,
    /// Switch inhibitors differ; empty if only the guest's own check says so.
    Inhibited(Vec<Inhibitor>),
    /// `switch-to-configuration` exited with 100.
    Asked,
}

/// A switch inhibitor that differs between two systems.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inhibitor {
    /// Its name.
    pub name: String,
    /// Its value in the system that runs.
    pub before: String,
    /// Its value in the new system.
    pub after: String,
}

impl std::fmt::Display for NoSwitch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Disabled => {
                f.write_str("its new system has no `switch-to-configuration` (`system.switch.enable` is false)")
            }
            Self::Inhibited(inhibitors) if inhibitors.is_empty() => {
                f.write_str("a switch inhibitor of NixOS differs")
            }
            Self::Inhibited(inhibitors) => {
                let line = |Inhibitor { name, before, after }: &Inhibitor| {
                    let [name, before, after] = [name, before, after].map(|text| shown(text));
                    format!("`{name}` changes from `{before}` to `{after}`")
                };
                let lines: Vec<_> = inhibitors.iter().map(line).collect();
                write!(f, "the switch inhibitor {}", lines.join(", and "))
            }
            Self::Asked => f.write_str("its `switch-to-configuration` asks for a restart"),
        }
    }
}

/// A text of a configuration, on one line.
fn shown(text: &str) -> String {
    let short: String = text.chars().take(LONGEST).collect();
    visible(&if short.len() < text.len() { short + "..." } else { short })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn system(inhibitors: &[(&str, &str)]) -> GuestSystem {
        let inhibitors = inhibitors.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        GuestSystem { inhibitors: inhibitors.collect(), ..GuestSystem::default() }
    }

    #[test]
    fn only_inhibitors_of_both_systems_count() {
        let table: [(&[_], &[_], Option<&str>); 5] = [
            (&[], &[("dbus", "broker")], None),
            (&[("dbus", "dbus")], &[], None),
            (&[("dbus", "dbus")], &[("dbus", "dbus"), ("udev", "new")], None),
            (
                &[("a", "1"), ("dbus", "dbus")],
                &[("a", "1"), ("dbus", "broker")],
                Some("the switch inhibitor `dbus` changes from `dbus` to `broker`"),
            ),
            (
                &[("a", "1"), ("b", "1")],
                &[("a", "2"), ("b", "\n")],
                Some("the switch inhibitor `a` changes from `1` to `2`, and `b` changes from `1` to `\\u{a}`"),
            ),
        ];
        for (before, after, expected) in table {
            let obstacle = system(after).obstacle(Some(&system(before)));
            assert_eq!(obstacle.map(|obstacle| obstacle.to_string()).as_deref(), expected, "{before:?} {after:?}");
        }
        assert_eq!(system(&[("dbus", "broker")]).obstacle(None), None, "nothing is known of the former system");
    }

    #[test]
    fn a_system_without_switch_to_configuration_can_only_be_booted() {
        let disabled = GuestSystem { can_switch: false, ..system(&[]) };
        assert_eq!(disabled.obstacle(None), Some(NoSwitch::Disabled));
        assert_eq!(system(&[]).obstacle(Some(&disabled)), None, "the program is the new system's");
    }
}
