//! What systemd accepts as values of systemd-nspawn's flags and of a unit's options.
//!
//! Source: systemd's `src/nspawn/{nspawn,nspawn-mount}.c`, `src/basic/capability-list.c` and systemd.time(7).

/// Linux's capabilities (capability.h), in numerical order.
const CAPABILITIES: [&str; 41] = [
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "KILL",
    "SETGID",
    "SETUID",
    "SETPCAP",
    "LINUX_IMMUTABLE",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_ADMIN",
    "NET_RAW",
    "IPC_LOCK",
    "IPC_OWNER",
    "SYS_MODULE",
    "SYS_RAWIO",
    "SYS_CHROOT",
    "SYS_PTRACE",
    "SYS_PACCT",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_NICE",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "MKNOD",
    "LEASE",
    "AUDIT_WRITE",
    "AUDIT_CONTROL",
    "SETFCAP",
    "MAC_OVERRIDE",
    "MAC_ADMIN",
    "SYSLOG",
    "WAKE_ALARM",
    "BLOCK_SUSPEND",
    "AUDIT_READ",
    "PERFMON",
    "BPF",
    "CHECKPOINT_RESTORE",
];

/// The highest capability number that systemd accepts.
const LAST_CAPABILITY: u8 = 62;

/// Why systemd rejects an element of `--capability=`, and what to do. An element may hold several names.
pub(super) fn wrong_capability(element: &str) -> Option<(String, String)> {
    element.split(',').filter(|name| !name.is_empty()).find_map(|name| {
        let is_number = name.parse::<u8>().is_ok_and(|number| number <= LAST_CAPABILITY);
        let upper = name.to_ascii_uppercase();
        let short = upper.strip_prefix("CAP_");
        if name == "all" || is_number || short.is_some_and(|short| CAPABILITIES.contains(&short)) {
            return None;
        }
        let message =
            format!("`{}` is not a capability: systemd-nspawn refuses to start with it", name.escape_debug());
        let bare = upper.trim();
        let bare = bare.strip_prefix("CAP_").unwrap_or(bare);
        let meant = CAPABILITIES
            .iter()
            .map(|known| (strsim::jaro_winkler(bare, known), known))
            .filter(|(similarity, _)| *similarity > 0.85)
            .max_by(|(a, _), (b, _)| a.total_cmp(b));
        let help = match meant {
            Some((_, meant)) => format!("write `CAP_{meant}`"),
            None => String::from("capabilities(7) lists those that there are, such as `CAP_NET_ADMIN`"),
        };
        Some((message, help))
    })
}

/// Why systemd rejects `PATH[:OPTIONS]`.
pub(super) fn wrong_tmpfs(element: &str) -> Option<String> {
    (!element.starts_with('/')).then(|| {
        format!("`{}` is not an absolute path: systemd-nspawn refuses to start with it", element.escape_debug())
    })
}

/// The path up to the first unescaped colon.
pub(super) fn destination(text: &str) -> &str {
    let colons = text.match_indices(':').map(|(at, _)| at);
    let end = colons.into_iter().find(|at| !text[..*at].ends_with('\\')).unwrap_or(text.len());
    &text[..end]
}

/// A path without empty components and `.`.
pub(super) fn normal(path: &str) -> String {
    let names = path.split('/').filter(|name| !matches!(*name, "" | "."));
    let joined: String = names.flat_map(|name| ["/", name]).collect();
    if joined.is_empty() { String::from("/") } else { joined }
}

/// Units of time (systemd.time(7)).
const UNITS: [&str; 30] = [
    "usec", "us", "µs", "μs", "msec", "ms", "seconds", "second", "sec", "s", "minutes", "minute", "min", "m",
    "hours", "hour", "hr", "h", "days", "day", "d", "weeks", "week", "w", "months", "month", "M", "years", "year",
    "y",
];

/// Whether systemd accepts a text as a time span: numbers, each with a unit or in seconds.
pub(super) fn is_time_span(text: &str) -> bool {
    let text = text.trim();
    if text == "infinity" {
        return true;
    }
    let mut rest = text;
    while !rest.is_empty() {
        let after = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        let number = &rest[..rest.len() - after.len()];
        let unit = after.trim_start();
        let end = unit.find(|c: char| c.is_ascii_digit() || c.is_whitespace() || c == '.').unwrap_or(unit.len());
        let is_number = number.contains(|c: char| c.is_ascii_digit()) && number.matches('.').count() <= 1;
        if !is_number || !(end == 0 || UNITS.contains(&&unit[..end])) {
            return false;
        }
        rest = unit[end..].trim_start();
    }
    !text.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capabilities_have_names_or_numbers() {
        let table = [
            ("CAP_NET_ADMIN", None),
            ("cap_sys_admin", None),
            ("all", None),
            ("12", None),
            ("CAP_MKNOD,CAP_BPF", None),
            ("", None),
            ("NET_ADMIN", Some("write `CAP_NET_ADMIN`")),
            ("sys_admin", Some("write `CAP_SYS_ADMIN`")),
            ("CAP_NET_ADMN", Some("write `CAP_NET_ADMIN`")),
            ("CAP_MKNOD,RAW_IO", Some("capabilities(7) lists those that there are, such as `CAP_NET_ADMIN`")),
            (" CAP_CHOWN", Some("write `CAP_CHOWN`")),
            ("63", Some("capabilities(7) lists those that there are, such as `CAP_NET_ADMIN`")),
            ("ALL", Some("capabilities(7) lists those that there are, such as `CAP_NET_ADMIN`")),
        ];
        for (element, help) in table {
            assert_eq!(wrong_capability(element).map(|(_, help)| help).as_deref(), help, "{element:?}");
        }
    }

    #[test]
    fn a_mount_point_is_one_however_it_is_written() {
        for (path, same) in [("/a//b/", "/a/b"), ("/./a", "/a"), ("/", "/"), ("//", "/"), ("/a/../b", "/a/../b")] {
            assert_eq!(normal(path), same, "{path}");
        }
        for (text, path) in [("/a:idmap", "/a"), (r"/a\:b:rw", r"/a\:b"), ("/a", "/a"), (":x", "")] {
            assert_eq!(destination(text), path, "{text}");
        }
    }

    #[test]
    fn time_spans_are_those_of_systemd() {
        for text in
            ["90", "1min", "1min 30s", "1min30s", "2 h", "0", "infinity", "1.5min", ".5s", "3M", "5us", " 1d "]
        {
            assert!(is_time_span(text), "{text}");
        }
        for text in
            ["", " ", "soon", "1 minuet", "min", "-1s", "1,5min", "infinity 1s", "1..5s", "PT5M", "five min"]
        {
            assert!(!is_time_span(text), "{text}");
        }
    }
}
