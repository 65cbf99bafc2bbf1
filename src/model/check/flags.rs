//! Rejects `extraFlags` that systemd-nspawn does not accept, or that contradict what NixOS passes to it.
//!
//! Source: `parse_argv` and `verify_arguments` of systemd's `src/nspawn/nspawn.c`, systemd-nspawn(1), and the start script of
//! `nixos/modules/virtualisation/nixos-containers.nix`, which puts its own flags before these and the guest's `init` after.

use super::values::{destination, normal, wrong_capability, wrong_tmpfs};
use super::{Checker, replace, texts};
use crate::diag::{Code, Diagnostic};
use crate::model::path::At;
use crate::model::spec::Network;
use crate::model::{Container, Field};

/// Long options that require a value; without `=`, the next word is the value.
#[rustfmt::skip]
const WITH_VALUE: &[&str] = &[
    "ambient-capability", "background", "bind", "bind-ro", "bind-user", "bind-user-shell", "bind-user-group", "capability", "chdir",
    "console", "cpu-affinity", "directory", "drop-capability", "forward-journal", "hostname", "image", "image-policy", "inaccessible",
    "kill-signal", "link-journal", "load-credential", "machine", "mstack", "network-bridge", "network-interface",
    "network-ipvlan", "network-macvlan", "network-namespace-path", "network-veth-extra", "network-zone", "no-new-privileges",
    "notify-ready", "oci-bundle", "oom-score-adjust", "overlay", "overlay-ro", "personality", "pivot-root", "port",
    "private-users-ownership", "private-users-delegate", "property", "register", "resolv-conf", "restrict-address-families", "rlimit",
    "root-hash", "root-hash-sig", "selinux-apifs-context", "selinux-context", "set-credential", "setenv", "settings",
    "slice", "suppress-sync", "system-call-filter", "template", "timezone", "tmpfs", "user", "uid", "uuid", "verity-data",
];
/// Long options with an optional value, which must follow a `=`.
const MAYBE_WITH_VALUE: &[&str] = &["private-users", "volatile"];
/// Long options without a value.
#[rustfmt::skip]
const PLAIN: &[&str] = &[
    "as-pid2", "boot", "cleanup", "ephemeral", "help", "keep-unit", "network-veth", "no-ask-password", "no-pager", "pipe",
    "private-network", "private-users-chown", "quiet", "read-only", "share-system", "system", "version",
];
/// Short options, with the long options they stand for.
#[rustfmt::skip]
const LETTERS: &[(char, &str)] = &[
    ('D', "directory"), ('E', "setenv"), ('L', "selinux-apifs-context"), ('M', "machine"), ('P', "pipe"), ('S', "slice"),
    ('U', "private-users"), ('Z', "selinux-context"), ('a', "as-pid2"), ('b', "boot"), ('h', "help"), ('i', "image"),
    ('j', "link-journal"), ('n', "network-veth"), ('p', "port"), ('q', "quiet"), ('u', "uid"), ('x', "ephemeral"),
];
/// Short options whose long option has a value; `-U` and `-j` imply theirs.
const LETTERS_WITH_VALUE: &str = "DELMSZipu";

/// Options that create interfaces or give the guest its own network.
#[rustfmt::skip]
const INTERFACES: &[&str] = &[
    "network-bridge", "network-interface", "network-ipvlan", "network-macvlan", "network-veth", "network-veth-extra", "network-zone",
];

/// A flag, with its value if it has one.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Flag<'a> {
    /// The index of the list element in which the flag begins.
    element: usize,
    /// The word as written.
    word: &'a str,
    /// The full long name.
    name: &'static str,
    value: Option<&'a str>,
}

/// A word that is not a valid flag.
#[derive(Debug, PartialEq, Eq)]
enum Wrong<'a> {
    /// Does not look like a flag: nspawn takes it for the program to run.
    Word(&'a str),
    /// An option that nspawn does not have, and the one that was probably meant.
    Unknown(&'a str, Option<&'static str>),
    /// A missing value (`true`) or an unexpected one.
    Value(&'a str, bool),
}

/// Options that accept only certain words, with those words.
#[rustfmt::skip]
const WORDS: &[(&str, &[&str])] = &[
    ("console", &["autopipe", "help", "interactive", "passive", "pipe", "read-only"]),
    ("link-journal", &["auto", "guest", "host", "no", "try-guest", "try-host"]),
    ("private-users-ownership", &["auto", "chown", "map", "off"]),
    ("resolv-conf", &[
        "auto", "bind-host", "bind-static", "bind-stub", "bind-uplink", "copy-host", "copy-static", "copy-stub", "copy-uplink",
        "delete", "off", "replace-host", "replace-static", "replace-stub", "replace-uplink",
    ]),
    ("timezone", &["auto", "bind", "copy", "delete", "off", "symlink"]),
    ("volatile", &[
        "0", "1", "f", "false", "n", "no", "off", "on", "overlay", "state", "t", "true", "y", "yes",
    ]),
];

/// The mount points that flags create in the guest, each with the index of the element in which its flag begins.
pub(super) fn mounts(c: &Container) -> Vec<(usize, String)> {
    let words: Vec<(usize, &str)> = words(c);
    let (flags, _) = parse(&words);
    let mounts = flags.iter().filter(|flag| ["bind", "bind-ro", "tmpfs"].contains(&flag.name));
    mounts
        .filter_map(|flag| {
            let value = flag.value?;
            let first = destination(value);
            let second = value.get(first.len() + 1..).map(destination).unwrap_or_default();
            let target = if flag.name != "tmpfs" && second.starts_with('/') { second } else { first };
            let target = target.strip_prefix('+').unwrap_or(target);
            target.starts_with('/').then(|| (flag.element, normal(target)))
        })
        .collect()
}

/// The words of all known elements.
fn words(c: &Container) -> Vec<(usize, &str)> {
    let elements = texts(&c.extra_flags);
    elements.flat_map(|(index, element)| element.split_whitespace().map(move |word| (index, word))).collect()
}

impl Checker<'_> {
    /// Checks `extraFlags`. `network` is the network that the other options describe, if they are valid.
    pub(super) fn flags(&mut self, c: &Container, network: Option<&Network>, path: At<'_>) {
        let at = path.join("extraFlags");
        // After an unknown word it is unclear whether the next one is a flag or a value.
        let all = c.extra_flags.known().is_some_and(|flags| flags.iter().all(|flag| flag.known().is_some()));
        if !all {
            return;
        }
        let words = words(c);
        let (flags, wrong) = parse(&words);
        for (element, wrong) in wrong {
            let (message, help) = wrong.explain();
            // A flag that resembles no known one may come from a later systemd.
            let kind = match wrong {
                Wrong::Unknown(_, None) => Diagnostic::warning,
                _ => Diagnostic::error,
            };
            let diagnostic = kind(Code::OptionCombination, message).help(help);
            let located = self.locate_element(diagnostic, &at.path(), element);
            self.out.findings.push(match wrong {
                Wrong::Unknown(word, Some(meant)) => {
                    let name = word.trim_start_matches("--").split('=').next().unwrap_or_default();
                    let right = word.replacen(name, meant, 1);
                    located.fix_there(|at| replace(at, word, &right))
                }
                _ => located,
            });
        }
        for flag in &flags {
            if let Some((message, help)) = refused(flag, &flags, c) {
                self.find_element(Diagnostic::error(Code::OptionCombination, message).help(help), at, flag.element);
            } else if let Some((message, help)) = not_here(flag, network) {
                let diagnostic = Diagnostic::error(Code::NotSupported, message).help(help);
                let located = self.locate_element(diagnostic, &at.path(), flag.element);
                self.out.unsupported.push(located);
            }
        }
    }
}

impl Wrong<'_> {
    fn explain(&self) -> (String, String) {
        match self {
            Self::Word(word) => (
                format!(
                    "`{}` in `extraFlags` is not a flag: systemd-nspawn takes it for the program to run",
                    word.escape_debug()
                ),
                String::from("flags begin with `--`; a value stands behind `=`, without spaces in it"),
            ),
            Self::Unknown(word, meant) => (
                match meant {
                    Some(_) => {
                        format!("systemd-nspawn has no flag `{}`, and does not start with it", word.escape_debug())
                    }
                    None => format!("systemd-nspawn (257) has no flag `{}`", word.escape_debug()),
                },
                match meant {
                    Some(meant) => format!("did you mean `--{meant}`?"),
                    None => String::from("systemd-nspawn(1) lists those that there are"),
                },
            ),
            Self::Value(word, true) => {
                (format!("`{word}` needs a value"), format!("write `{word}=…`, or remove it"))
            }
            Self::Value(word, false) => {
                (format!("`{word}` takes no value"), String::from("remove what stands behind `=`"))
            }
        }
    }
}

/// Parses words as getopt_long(3) does.
fn parse<'a>(words: &[(usize, &'a str)]) -> (Vec<Flag<'a>>, Vec<(usize, Wrong<'a>)>) {
    let (mut flags, mut wrong) = (Vec::new(), Vec::new());
    let mut words = words.iter().copied().peekable();
    while let Some((element, word)) = words.next() {
        if let Some(long) = word.strip_prefix("--").filter(|long| !long.is_empty()) {
            let (name, value) = long.split_once('=').map_or((long, None), |(name, value)| (name, Some(value)));
            match full_name(name) {
                Err(meant) => wrong.push((element, Wrong::Unknown(word, meant))),
                Ok(name) if PLAIN.contains(&name) && value.is_some() => {
                    wrong.push((element, Wrong::Value(word.split('=').next().unwrap_or(word), false)));
                }
                Ok(name) if WITH_VALUE.contains(&name) && value.is_none() => match words.next() {
                    Some((_, value)) => flags.push(Flag { element, word, name, value: Some(value) }),
                    None => wrong.push((element, Wrong::Value(word, true))),
                },
                Ok(name) => flags.push(Flag { element, word, name, value }),
            }
            continue;
        }
        let Some(letters) = word.strip_prefix('-').filter(|letters| !letters.is_empty() && *letters != "-") else {
            wrong.push((element, Wrong::Word(word)));
            // All later words are arguments of that program.
            break;
        };
        for (at, letter) in letters.char_indices() {
            let Some((_, name)) = LETTERS.iter().find(|(known, _)| *known == letter) else {
                wrong.push((element, Wrong::Unknown(word, None)));
                break;
            };
            if !LETTERS_WITH_VALUE.contains(letter) {
                let value = match letter {
                    'U' => Some("pick"),
                    'j' => Some("try-guest"),
                    _ => None,
                };
                flags.push(Flag { element, word, name, value });
                continue;
            }
            let rest = &letters[at + letter.len_utf8()..];
            let value = if rest.is_empty() { words.next().map(|(_, value)| value) } else { Some(rest) };
            match value {
                Some(_) => flags.push(Flag { element, word, name, value }),
                None => wrong.push((element, Wrong::Value(word, true))),
            }
            break;
        }
    }
    (flags, wrong)
}

/// The option with this name or with this unambiguous prefix; otherwise the option that was probably meant.
fn full_name(name: &str) -> Result<&'static str, Option<&'static str>> {
    let all = || WITH_VALUE.iter().chain(MAYBE_WITH_VALUE).chain(PLAIN).copied();
    if let Some(known) = all().find(|known| *known == name) {
        return Ok(known);
    }
    let begun: Vec<_> = all().filter(|known| known.starts_with(name)).collect();
    match begun.as_slice() {
        [only] => Ok(only),
        _ => {
            let near = all().map(|known| (strsim::jaro_winkler(name, known), known));
            let near = near.filter(|(similarity, _)| *similarity > 0.9);
            Err(near.max_by(|(a, _), (b, _)| a.total_cmp(b)).map(|(_, known)| known))
        }
    }
}

/// Why a container with this flag cannot start, given its other flags and options, and what to do about it.
fn refused(flag: &Flag<'_>, flags: &[Flag<'_>], c: &Container) -> Option<(String, String)> {
    let Flag { word, name, value, .. } = *flag;
    let given = |wanted: &str| flags.iter().find(|flag| flag.name == wanted);
    let on = |field: &Field<bool>| field.known() == Some(&true);
    let text = |field: &Field<Option<String>>| field.known().is_some_and(Option::is_some);
    let both = |other: &str, help: &str| {
        let other = if other.contains(' ') { other.to_owned() } else { format!("`{other}`") };
        Some((format!("`{word}` in `extraFlags` and {other} exclude each other"), help.to_owned()))
    };
    let private = on(&c.private_network);
    let has_address =
        [&c.host_address, &c.host_address6, &c.local_address, &c.local_address6].iter().any(|it| text(it));
    let bridge = text(&c.host_bridge);
    let some = |list: &crate::model::List<String>| list.known().is_some_and(|list| !list.is_empty());
    let veths = c.extra_veths.known().is_some_and(|veths| !veths.is_empty());
    let has_interfaces = (private && (has_address || bridge)) || some(&c.interfaces) || some(&c.macvlans) || veths;
    if let (Some(value), Some((_, words))) = (value, WORDS.iter().find(|(of, _)| *of == name))
        && !words.contains(&value)
    {
        let shown: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
        return Some((
            format!("`{word}` in `extraFlags` is none of what systemd-nspawn takes, and it does not start with it"),
            format!("it takes {}", shown.join(", ")),
        ));
    }
    let value = value.unwrap_or_default();
    match name {
        "boot" | "as-pid2" => Some((
            format!(
                "`{word}` in `extraFlags` contradicts how containers are started: the guest's own `init` is run as the first process"
            ),
            String::from("remove it: the guest boots without it"),
        )),
        "image" | "oci-bundle" => {
            both("the root that the container has", "remove it: a container of NixOS boots from a directory")
        }
        "help" | "version" | "cleanup" => Some((
            format!("with `{word}` in `extraFlags` systemd-nspawn starts nothing"),
            String::from("remove it"),
        )),
        "ephemeral" if !on(&c.ephemeral) && c.ephemeral.known().is_some() => both(
            "--link-journal=try-guest",
            "set `ephemeral = true;` instead: NixOS then leaves out the link to the journal",
        ),
        "link-journal" if on(&c.ephemeral) && !matches!(value, "no" | "auto") => {
            both("ephemeral", "remove one of them: the journal goes with the root")
        }
        "template" if on(&c.ephemeral) || given("ephemeral").is_some() => both("ephemeral", "remove one of them"),
        "private-users-chown" | "private-users-ownership" if name == "private-users-chown" || value == "chown" => {
            let other = given("read-only").or_else(|| given("volatile"))?;
            both(other.word, "remove one of them: a root that is only read cannot change its owner")
        }
        "bind-user"
            if given("private-users").is_none()
                && c.private_users.known().is_some_and(|users| !users.are_private()) =>
        {
            Some((
                format!("`{word}` needs users of the container's own, which it has not"),
                String::from("set `privateUsers = \"pick\";`, or remove it"),
            ))
        }
        "port"
            if c.private_network.known() == Some(&false)
                && !has_interfaces
                && given("private-network").is_none()
                && !flags.iter().any(|flag| INTERFACES.contains(&flag.name)) =>
        {
            Some((
                format!(
                    "`{word}` forwards a port to a container that shares the host's network, with which systemd-nspawn does not start"
                ),
                String::from("remove it: the container uses the host's own ports"),
            ))
        }
        "port" => wrong_port(value)
            .map(|why| (format!("`{word}` in `extraFlags` {why}"), String::from("write `--port=tcp:8080:80`"))),
        "network-namespace-path" if has_interfaces => both(
            "interfaces of the container's own",
            "remove one of them: whoever creates the namespace also creates its interfaces",
        ),
        "network-namespace-path" if text(&c.network_namespace) => both("networkNamespace", "remove one of them"),
        _ if INTERFACES.contains(&name) && text(&c.network_namespace) => both(
            "networkNamespace",
            "remove one of them: whoever creates the namespace also creates its interfaces",
        ),
        "network-bridge" if given("network-zone").is_some() => both("--network-zone", "remove one of them"),
        "network-zone" if private && bridge => both("hostBridge", "remove one of them"),
        "network-bridge" if private && bridge => {
            both("hostBridge", "remove one of them: an interface joins one bridge")
        }
        // The host's end is then called `vb-NAME`, but NixOS's start script configures `ve-NAME`.
        "network-bridge" | "network-zone" if private && has_address => both(
            "a veth pair with addresses",
            "set `hostBridge` instead: on a bridge the host's end is called otherwise, and NixOS would not find it",
        ),
        "capability" | "drop-capability" | "ambient-capability" => wrong_capability(value),
        "tmpfs" => {
            wrong_tmpfs(value).map(|message| (message, String::from("write an absolute path behind `--tmpfs=`")))
        }
        "bind" | "bind-ro" => {
            wrong_bind(value).map(|message| (message, String::from("`bindMounts` says the same, and is checked")))
        }
        _ => None,
    }
}

/// Why `--port=` does not accept a value.
fn wrong_port(value: &str) -> Option<&'static str> {
    let mut parts: Vec<&str> = value.split(':').collect();
    match parts.first() {
        Some(&("tcp" | "udp")) => drop(parts.remove(0)),
        Some(first) if first.parse::<u16>().is_err() => {
            return Some("has a protocol that can be neither `tcp` nor `udp`");
        }
        _ => {}
    }
    let is_port = |text: &&str| text.parse::<u16>().is_ok_and(|port| port != 0);
    (parts.is_empty() || parts.len() > 2 || !parts.iter().all(is_port)).then_some("has a port that is none")
}

/// Why `--bind=` does not accept a value: `SOURCE[:DESTINATION[:OPTIONS]]`.
fn wrong_bind(value: &str) -> Option<String> {
    let source = destination(value);
    let rest = value.get(source.len() + 1..).unwrap_or_default();
    let target = destination(rest);
    let is_source = source.is_empty() || source.strip_prefix('+').unwrap_or(source).starts_with('/');
    let wrong = match (is_source, target) {
        (false, _) => source,
        (true, "") if source.is_empty() => value,
        (true, "") => return None,
        (true, target) if target.starts_with('/') => return None,
        (true, target) => target,
    };
    Some(format!("`{}` is not an absolute path: systemd-nspawn refuses to start with it", wrong.escape_debug()))
}

/// Flags that work with nixos-rebuild but not here, because we create interfaces and forwards before nspawn starts.
fn not_here(flag: &Flag<'_>, network: Option<&Network>) -> Option<(String, String)> {
    if ["machine", "directory"].contains(&flag.name) {
        let message = format!(
            "`{}` in `extraFlags` is not supported: the container has a name and a root already",
            flag.word
        );
        return Some((message, String::from("remove it, or leave this container to nixos-rebuild")));
    }
    let is_about_network =
        INTERFACES.contains(&flag.name) || ["network-namespace-path", "port"].contains(&flag.name);
    if !is_about_network || !matches!(network, Some(Network::Private(_) | Network::Named(_))) {
        return None;
    }
    let instead = match flag.name {
        "port" => "set `forwardPorts` instead",
        "network-bridge" => "set `hostBridge` instead",
        "network-veth-extra" => "set `extraVeths` instead",
        "network-macvlan" => "set `macvlans` instead",
        "network-interface" => "set `interfaces` instead",
        "network-namespace-path" => "set `networkNamespace` instead",
        _ => "leave this container to nixos-rebuild, or do without it",
    };
    let message = format!(
        "`{}` in `extraFlags` is not supported: the network is there before systemd-nspawn starts",
        flag.word
    );
    Some((message, instead.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> (Vec<(&'static str, Option<&str>)>, Vec<Wrong<'_>>) {
        let words: Vec<(usize, &str)> = text.split_whitespace().map(|word| (0, word)).collect();
        let (flags, wrong) = parse(&words);
        (
            flags.into_iter().map(|flag| (flag.name, flag.value)).collect(),
            wrong.into_iter().map(|(_, wrong)| wrong).collect(),
        )
    }

    #[test]
    fn words_are_taken_apart_as_getopt_does() {
        let (flags, wrong) = parsed("--tmpfs=/a --bind /b:/c -U -nxM name -D/root --volat --private-users=pick");
        assert_eq!(wrong, []);
        assert_eq!(
            flags,
            [
                ("tmpfs", Some("/a")),
                ("bind", Some("/b:/c")),
                ("private-users", Some("pick")),
                ("network-veth", None),
                ("ephemeral", None),
                ("machine", Some("name")),
                ("directory", Some("/root")),
                ("volatile", None),
                ("private-users", Some("pick")),
            ]
        );
        let table = [
            ("private-users=pick", Wrong::Word("private-users=pick")),
            ("--privat-users=pick", Wrong::Unknown("--privat-users=pick", Some("private-users"))),
            ("--network", Wrong::Unknown("--network", None)),
            ("--boot=yes", Wrong::Value("--boot", false)),
            ("--bind", Wrong::Value("--bind", true)),
            ("-y", Wrong::Unknown("-y", None)),
            ("-M", Wrong::Value("-M", true)),
            ("--", Wrong::Word("--")),
        ];
        for (text, expected) in table {
            let (_, wrong) = parsed(text);
            match (&wrong[..], &expected) {
                ([Wrong::Unknown(word, _)], Wrong::Unknown(other, None)) => assert_eq!(word, other),
                _ => assert_eq!(wrong, [expected], "{text}"),
            }
        }
    }

    #[test]
    fn all_options_are_in_one_list() {
        let all: Vec<_> = WITH_VALUE.iter().chain(MAYBE_WITH_VALUE).chain(PLAIN).collect();
        let once: std::collections::BTreeSet<_> = all.iter().collect();
        assert_eq!(all.len(), once.len());
        assert!(LETTERS.iter().all(|(_, name)| all.contains(&name)));
    }

    #[test]
    fn ports_and_binds_are_read_as_nspawn_reads_them() {
        for (value, good) in [
            ("80", true),
            ("tcp:80:8080", true),
            ("udp:53", true),
            ("0", false),
            ("80:0", false),
            ("sctp:80", false),
            ("80:81:82", false),
            ("", false),
        ] {
            assert_eq!(wrong_port(value).is_none(), good, "{value}");
        }
        for (value, good) in [
            ("/a", true),
            ("/a:/b", true),
            ("+/a:/b:norbind", true),
            (":/b", true),
            ("a", false),
            ("/a:b", false),
            ("", false),
        ] {
            assert_eq!(wrong_bind(value).is_none(), good, "{value}");
        }
    }
}
