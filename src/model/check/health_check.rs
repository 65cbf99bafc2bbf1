//! Checks `services.container-rebuild.containers.<name>.healthCheck`.

use serde_json::Value;

use super::Checker;
use crate::diag::{Code, Diagnostic};
use crate::model::path::OptionPath;
use crate::model::spec::HealthCheck;

/// The longest time that can be asked for, in seconds: an hour.
const LONGEST: u32 = 3600;

impl Checker<'_> {
    /// The health check of a container; `None` if a part of it is unknown. What is wrong is reported.
    pub(super) fn health_check(&mut self, value: &Value, path: &OptionPath) -> Option<HealthCheck> {
        let mut check = HealthCheck { timeout_sec: HealthCheck::TIMEOUT_SEC, ..HealthCheck::default() };
        let (mut is_known, before) = (true, self.errors());
        for (option, value) in self.set(value, path)? {
            let path = path.join(option);
            match option.as_str() {
                "ports" => match self.tcp_ports(value, &path) {
                    Some(ports) => check.ports = ports,
                    None => is_known = false,
                },
                "units" => match self.units(value, &path) {
                    Some(units) => check.units = units,
                    None => is_known = false,
                },
                "timeoutSec" => match self.number(value, (1, LONGEST), "a number of seconds", &path) {
                    Some(seconds) => check.timeout_sec = seconds,
                    None => is_known = false,
                },
                _ => {
                    let message = format!("there is no option `{option}` of a health check");
                    let help = "the options are ports, timeoutSec, units";
                    self.wrong(Diagnostic::error(Code::UnknownOption, message).help(help), &path);
                }
            }
        }
        if is_known && check.is_empty() && self.errors() == before {
            let help = "list `ports` or `units`, or remove it";
            let warning = Diagnostic::warning(Code::OptionCombination, "this health check checks nothing");
            self.wrong(warning.help(help), path);
        }
        is_known.then_some(check)
    }

    fn tcp_ports(&mut self, value: &Value, path: &OptionPath) -> Option<Vec<u16>> {
        if self.is_unknown(value, path) {
            return None;
        }
        let Some(list) = value.as_array() else {
            self.wrong_type(value, "a list of ports", path);
            return None;
        };
        let ports = list.iter().map(|port| self.number(port, (1, u16::MAX.into()), "a port", path));
        ports.collect::<Vec<_>>().into_iter().map(|port| u16::try_from(port?).ok()).collect()
    }

    /// The number `value`, which lies between two others.
    pub(super) fn number(
        &mut self,
        value: &Value,
        (least, most): (u32, u32),
        expected: &str,
        path: &OptionPath,
    ) -> Option<u32> {
        if self.is_unknown(value, path) {
            return None;
        }
        let Some(number) = value.as_i64() else {
            self.wrong_type(value, expected, path);
            return None;
        };
        let in_range = u32::try_from(number).ok().filter(|number| (least..=most).contains(number));
        if in_range.is_none() {
            let message = format!("{number} is not {expected} between {least} and {most}");
            self.wrong(Diagnostic::error(Code::OptionType, message).help("see docs/settings.md"), path);
        }
        in_range
    }
}
