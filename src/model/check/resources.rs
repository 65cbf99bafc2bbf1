//! The resource limits that the unit of a container may have, and what systemd accepts as their values.
//!
//! Source: systemd.resource-control(5), and `src/core/load-fragment.c` of systemd 252 (`config_parse_memory_limit`,
//! `config_parse_cpu_quota`, `config_parse_tasks_max`). `Slice=`, `Delegate=` and the settings about devices are ours.

use serde_json::Value;

use super::values::is_time_span;

/// The form of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Bytes, a percentage of the host's memory, or `infinity`; 0 where `true`.
    Memory(bool),
    /// From 1 to 10000, or `idle` where `true`.
    Weight(bool),
    /// A percentage of one processor.
    Quota,
    /// A number of tasks, a percentage of the possible ones, or `infinity`.
    Tasks,
    /// A time span.
    Time,
    /// A percentage up to 100.
    Percentage,
    /// Numbers and ranges of them.
    Ranges,
    /// `yes` or `no`.
    Switch,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A path and a weight.
    DeviceWeight,
    /// A path and a number of bytes or operations in a second.
    DeviceRate,
    /// A path and a time span.
    DeviceTime,
}

const KILLS: Form = Form::Word(&["auto", "kill"]);

/// All settings, sorted. systemd 252 knows each of them, and takes up a change without a restart.
const SETTINGS: [(&str, Form); 31] = [
    ("AllowedCPUs", Form::Ranges),
    ("AllowedMemoryNodes", Form::Ranges),
    ("CPUAccounting", Form::Switch),
    ("CPUQuota", Form::Quota),
    ("CPUQuotaPeriodSec", Form::Time),
    ("CPUWeight", Form::Weight(true)),
    ("IOAccounting", Form::Switch),
    ("IODeviceLatencyTargetSec", Form::DeviceTime),
    ("IODeviceWeight", Form::DeviceWeight),
    ("IOReadBandwidthMax", Form::DeviceRate),
    ("IOReadIOPSMax", Form::DeviceRate),
    ("IOWeight", Form::Weight(false)),
    ("IOWriteBandwidthMax", Form::DeviceRate),
    ("IOWriteIOPSMax", Form::DeviceRate),
    ("IPAccounting", Form::Switch),
    ("ManagedOOMMemoryPressure", KILLS),
    ("ManagedOOMMemoryPressureLimit", Form::Percentage),
    ("ManagedOOMPreference", Form::Word(&["none", "avoid", "omit"])),
    ("ManagedOOMSwap", KILLS),
    ("MemoryAccounting", Form::Switch),
    ("MemoryHigh", Form::Memory(false)),
    ("MemoryLow", Form::Memory(true)),
    ("MemoryMax", Form::Memory(false)),
    ("MemoryMin", Form::Memory(true)),
    ("MemorySwapMax", Form::Memory(true)),
    ("StartupAllowedCPUs", Form::Ranges),
    ("StartupAllowedMemoryNodes", Form::Ranges),
    ("StartupCPUWeight", Form::Weight(true)),
    ("StartupIOWeight", Form::Weight(false)),
    ("TasksAccounting", Form::Switch),
    ("TasksMax", Form::Tasks),
];

/// Why a setting is refused.
#[derive(Debug, PartialEq)]
pub(super) struct Wrong {
    pub(super) message: String,
    pub(super) help: String,
}

/// Whether a setting of a unit's `serviceConfig` is a resource limit.
pub(crate) fn is_resource(name: &str) -> bool {
    form(name).is_some()
}

fn form(name: &str) -> Option<Form> {
    SETTINGS.iter().find(|(known, _)| *known == name).map(|(_, form)| *form)
}

/// What stands behind `NAME=` in the unit: one line for each element of a list.
pub(super) fn lines(name: &str, value: &Value) -> Result<Vec<String>, Wrong> {
    let Some(form) = form(name) else {
        let names: Vec<_> = SETTINGS.iter().map(|(name, _)| *name).collect();
        let similar = names.iter().find(|known| known.eq_ignore_ascii_case(name));
        let help = match similar {
            Some(known) => format!("write `{known}`"),
            None => format!("those of systemd.resource-control(5) that are taken are {}", names.join(", ")),
        };
        return Err(Wrong { message: format!("`{name}` is not a resource limit of a container"), help });
    };
    let is_list = matches!(form, Form::DeviceWeight | Form::DeviceRate | Form::DeviceTime);
    let values = match value {
        Value::Array(values) if is_list => values.as_slice(),
        value => std::slice::from_ref(value),
    };
    values
        .iter()
        .map(|value| text(value).filter(|text| form.takes(text)).ok_or_else(|| wrong(name, form, value)))
        .collect()
}

/// A value as systemd reads it. NixOS writes Booleans as `true` and `false` alike.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

fn wrong(name: &str, form: Form, value: &Value) -> Wrong {
    let message = match value.as_str() {
        Some(text) => format!("`{}` is not a value of `{name}`", text.escape_debug()),
        None => format!("`{value}` is not a value of `{name}`"),
    };
    let expected = match form {
        Form::Memory(_) => "an amount such as `\"512M\"` or `\"2G\"`, a percentage or `\"infinity\"`".to_owned(),
        Form::Weight(_) => "a number from 1 to 10000".to_owned(),
        Form::Quota => "a percentage of one processor, such as `\"50%\"` or `\"200%\"`".to_owned(),
        Form::Tasks => "a number from 1, a percentage or `\"infinity\"`".to_owned(),
        Form::Time => "a time span such as `\"100ms\"`".to_owned(),
        Form::Percentage => "a percentage such as `\"60%\"`".to_owned(),
        Form::Ranges => "numbers and ranges such as `\"0-3,6\"`".to_owned(),
        Form::Switch => "`true` or `false`".to_owned(),
        Form::Word(words) => format!("one of {}", words.join(", ")),
        Form::DeviceWeight => "a path and a weight such as `\"/dev/sda 200\"`, or a list of them".to_owned(),
        Form::DeviceRate => "a path and a rate such as `\"/dev/sda 10M\"`, or a list of them".to_owned(),
        Form::DeviceTime => "a path and a time span such as `\"/dev/sda 25ms\"`, or a list of them".to_owned(),
    };
    Wrong { message, help: format!("write {expected} (systemd.resource-control(5))") }
}

impl Form {
    fn takes(self, text: &str) -> bool {
        let device = |is_good: fn(&str) -> bool| {
            let good = |(path, value): (&str, &str)| {
                path.starts_with('/') && !path.contains(['%', '"', '\'', '\\']) && is_good(value.trim_start())
            };
            text.split_once(' ').is_some_and(good)
        };
        if text.contains(char::is_control) {
            return false;
        }
        match self {
            Self::Memory(may_be_none) => {
                text == "infinity" || is_percentage(text, Some(100.0)) || is_bytes(text, may_be_none)
            }
            Self::Weight(may_be_idle) => (may_be_idle && text == "idle") || is_weight(text),
            Self::Quota => is_percentage(text, None) && !is_zero(text),
            Self::Tasks => {
                text == "infinity"
                    || (is_percentage(text, Some(100.0)) && !is_zero(text))
                    || number(text).is_some_and(|tasks| tasks > 0)
            }
            Self::Time => is_time_span(text),
            Self::Percentage => is_percentage(text, Some(100.0)),
            Self::Ranges => {
                text.split([',', ' ']).filter(|part| !part.is_empty()).all(is_range) && !text.is_empty()
            }
            Self::Switch => matches!(text, "true" | "false" | "yes" | "no" | "on" | "off" | "1" | "0"),
            Self::Word(words) => words.contains(&text),
            Self::DeviceWeight => device(is_weight),
            Self::DeviceRate => device(|text| text == "infinity" || is_bytes(text, false)),
            Self::DeviceTime => device(is_time_span),
        }
    }
}

/// A whole number without a sign.
fn number(text: &str) -> Option<u64> {
    text.parse().ok().filter(|_| text.bytes().all(|digit| digit.is_ascii_digit()))
}

fn is_weight(text: &str) -> bool {
    number(text).is_some_and(|weight| (1..=10_000).contains(&weight))
}

/// A number with at most two decimals and `%`.
fn is_percentage(text: &str, most: Option<f64>) -> bool {
    let Some(number) = text.strip_suffix('%').and_then(|digits| decimal(digits, 2)) else { return false };
    // systemd counts hundredths of a percent in an int.
    number <= most.unwrap_or(f64::from(i32::MAX / 100))
}

fn is_zero(percentage: &str) -> bool {
    percentage.trim_matches(['0', '.', '%']).is_empty()
}

/// A number with an optional suffix, of powers of 1024.
fn is_bytes(text: &str, may_be_none: bool) -> bool {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor = match &text[digits.len()..] {
        "" | "B" => 0,
        "K" => 1,
        "M" => 2,
        "G" => 3,
        "T" => 4,
        "P" => 5,
        "E" => 6,
        _ => return false,
    };
    // systemd takes a fraction only with a unit.
    let Some(number) = decimal(digits, if factor == 0 { 0 } else { 9 }) else { return false };
    let bytes = number * 1024_f64.powi(factor);
    bytes < 2_f64.powi(64) && (may_be_none || bytes >= 1.0)
}

/// A number without a sign and with at most `decimals` decimals.
fn decimal(text: &str, decimals: usize) -> Option<f64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let is_good = |digits: &str| digits.bytes().all(|digit| digit.is_ascii_digit());
    let has_point = whole.len() < text.len();
    let good = !whole.is_empty()
        && is_good(whole)
        && is_good(part)
        && part.len() <= decimals
        && has_point != part.is_empty();
    text.parse().ok().filter(|_| good)
}

fn is_range(text: &str) -> bool {
    match text.split_once('-') {
        Some((first, last)) => matches!((number(first), number(last)), (Some(first), Some(last)) if first <= last),
        None => number(text).is_some(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_those_that_systemd_accepts() {
        let table = [
            ("MemoryMax", json!("2G"), true),
            ("MemoryMax", json!("1.5G"), true),
            ("MemoryMax", json!(1_048_576), true),
            ("MemoryMax", json!("50%"), true),
            ("MemoryMax", json!("12.25%"), true),
            ("MemoryMax", json!("infinity"), true),
            ("MemoryMax", json!("2 GB"), false),
            ("MemoryMax", json!("2g"), false),
            ("MemoryMax", json!("1.5"), false),
            ("MemoryMax", json!("101%"), false),
            ("MemoryMax", json!("16E"), false),
            ("MemoryMax", json!(-1), false),
            ("MemoryMax", json!(0), false),
            ("MemoryMax", json!(""), false),
            ("MemoryMax", json!("1G\nExecStartPre=/evil"), false),
            ("MemoryMax", json!(null), false),
            ("MemoryMax", json!(["1G"]), false),
            ("MemorySwapMax", json!(0), true),
            ("CPUQuota", json!("250%"), true),
            ("CPUQuota", json!("12.5%"), true),
            ("CPUQuota", json!("0%"), false),
            ("CPUQuota", json!(50), false),
            ("CPUWeight", json!(10_000), true),
            ("CPUWeight", json!("idle"), true),
            ("CPUWeight", json!(0), false),
            ("IOWeight", json!("idle"), false),
            ("IOWeight", json!("+5"), false),
            ("TasksMax", json!(4096), true),
            ("TasksMax", json!("10%"), true),
            ("TasksMax", json!(0), false),
            ("AllowedCPUs", json!("0-3,6 8"), true),
            ("AllowedCPUs", json!("3-0"), false),
            ("AllowedCPUs", json!("a"), false),
            ("CPUAccounting", json!(true), true),
            ("CPUAccounting", json!("maybe"), false),
            ("ManagedOOMSwap", json!("kill"), true),
            ("IOReadBandwidthMax", json!(["/dev/sda 5M", "/srv 1G"]), true),
            ("IOReadBandwidthMax", json!("/dev/sda 5M"), true),
            ("IOReadBandwidthMax", json!("sda 5M"), false),
            ("IODeviceWeight", json!("/dev/sda 0"), false),
            ("Nice", json!(5), false),
            ("memoryMax", json!("1G"), false),
        ];
        for (name, value, is_good) in table {
            assert_eq!(lines(name, &value).is_ok(), is_good, "{name}: {value}");
        }
    }

    #[test]
    fn a_list_becomes_lines() {
        let lines = lines("IODeviceWeight", &json!(["/dev/sda 5", "/srv 10"])).expect("good values");
        assert_eq!(lines, ["/dev/sda 5", "/srv 10"]);
    }

    #[test]
    fn a_name_in_other_letters_is_corrected() {
        let wrong = lines("memoryMax", &json!("1G")).expect_err("not a name of systemd's");
        assert_eq!(wrong.help, "write `MemoryMax`");
    }

    #[test]
    fn the_settings_are_sorted() {
        assert!(SETTINGS.is_sorted_by_key(|(name, _)| *name));
    }
}
