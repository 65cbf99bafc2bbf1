//! Bind mounts: what else changes their sources, which users can access them, and which state lacks one.

use serde_json::Value as Json;

use super::services;
use super::subject::{Each, Subject, in_view, in_view_element, label};
use crate::diag::{Code, Diagnostic};
use crate::model::AT_LEAST_KEY;
use crate::model::view::{OptionState, View, is_unknown};
use crate::model::{Field, List};

pub(super) fn lint(subject: Subject<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let rules = rules(subject.host);
    for each in subject.containers() {
        found.extend(tmpfiles(subject, &each, &rules));
        found.extend(private_users(subject, &each));
        found.extend(ephemeral(subject, &each));
    }
    found
}

/// A bind mount with all its options known.
pub(super) struct Mount<'a> {
    pub(super) key: &'a str,
    pub(super) host: &'a str,
    inside: &'a str,
    read_only: bool,
}

/// The fully known bind mounts; `None` if there may be others.
pub(super) fn mounts<'a>(each: &Each<'a>) -> Option<Vec<Mount<'a>>> {
    let all = each.container.bind_mounts.known()?;
    Some(
        all.iter()
            .filter_map(|(key, mount)| {
                let mount = mount.known()?;
                let inside = mount.mount_point.known()?;
                let host = mount.host_path.known()?.as_ref().unwrap_or(inside);
                Some(Mount { key, host, inside, read_only: *mount.is_read_only.known()? })
            })
            .collect(),
    )
}

/// A path without a trailing slash.
pub(super) fn trimmed(path: &str) -> &str {
    match path.trim_end_matches('/') {
        "" => "/",
        path => path,
    }
}

pub(super) fn is_at_or_below(path: &str, directory: &str) -> bool {
    let (path, directory) = (trimmed(path), trimmed(directory));
    path == directory || directory == "/" || path.strip_prefix(directory).is_some_and(|rest| rest.starts_with('/'))
}

/// A line of tmpfiles.d(5).
struct Rule {
    kind: char,
    path: String,
    mode: String,
    user: String,
    group: String,
    age: String,
    /// The option that defines it.
    at: Vec<String>,
    /// The index in that option, if it is a list.
    element: Option<usize>,
}

/// The host's own tmpfiles rules, in both notations.
fn rules(host: &View) -> Vec<Rule> {
    let mut found = Vec::new();
    let list = ["systemd", "tmpfiles", "rules"];
    let lines = host.get(&list).map(|state| state.get(AT_LEAST_KEY).unwrap_or(state)).and_then(Json::as_array);
    for (index, line) in lines.into_iter().flatten().enumerate() {
        let Some(line) = line.as_str() else { continue };
        let mut words = line.split_whitespace();
        let mut word = || words.next().unwrap_or("-").to_owned();
        let (kind, path, mode, user, group, age) = (word(), word(), word(), word(), word(), word());
        let Some(kind) = kind.chars().next() else { continue };
        let path = path.trim_matches(['"', '\'']).to_owned();
        found.push(Rule {
            kind,
            path,
            mode,
            user,
            group,
            age,
            at: list.map(str::to_owned).to_vec(),
            element: Some(index),
        });
    }
    for (file, paths) in host.find(&["systemd", "tmpfiles", "settings"]).members() {
        for (path, kinds) in paths.as_object().into_iter().flatten().filter(|(_, kinds)| !is_unknown(kinds)) {
            for (kind, options) in
                kinds.as_object().into_iter().flatten().filter(|(_, options)| !is_unknown(options))
            {
                let Some(letter) = kind.chars().next() else { continue };
                let option = |name: &str| match options.get(name) {
                    None => Some(String::from("-")),
                    Some(value) => value.as_str().map(str::to_owned),
                };
                let (Some(mode), Some(user), Some(group), Some(age)) =
                    (option("mode"), option("user"), option("group"), option("age"))
                else {
                    continue;
                };
                let at = ["systemd", "tmpfiles", "settings", file, path, kind].map(str::to_owned).to_vec();
                found.push(Rule { kind: letter, path: path.clone(), mode, user, group, age, at, element: None });
            }
        }
    }
    found
}

impl Rule {
    /// What the rule does to `source` at each boot and each switch of the host; `None` if the guest does not notice.
    fn does_to(&self, source: &str) -> Option<String> {
        let (rule, source) = (trimmed(&self.path), trimmed(source));
        let is_exact = rule == source;
        let is_around = !is_exact && is_at_or_below(source, rule);
        match self.kind {
            'd' | 'D' | 'v' | 'q' | 'Q' | 'e' | 'z' | 'Z' | 'f' | 'F' | 'C' if is_exact => self.ownership(source),
            // `Z` is recursive.
            'Z' if is_around => self.ownership(source),
            'R' if is_exact || is_around => Some(format!("removes {source}, with all that is in it")),
            'D' if is_around => Some(format!("removes what is in {rule} when the host boots, {source} among it")),
            _ => None,
        }
        .or_else(|| {
            let cleans = matches!(self.kind, 'd' | 'D' | 'e' | 'v' | 'q' | 'Q') && (is_exact || is_around);
            (cleans && self.age != "-")
                .then(|| format!("removes files in {source} that are older than {}", self.age))
        })
    }

    /// Whether all it does is give something to root.
    fn is_roots(&self) -> bool {
        let is_root = |word: &str| ["-", "0", "root"].contains(&word);
        is_root(&self.user) && is_root(&self.group) && self.age == "-" && "dzv".contains(self.kind)
    }

    /// The owner or mode that it sets. Numeric owners are ignored, because they were chosen to fit the guest's users, and so are
    /// names that have the same number on the host and in the guest.
    fn ownership(&self, source: &str) -> Option<String> {
        // `:` applies only to what the rule creates, and `-` sets nothing.
        let sets = |word: &str| word != "-" && !word.starts_with(':');
        let named = |word: &str| {
            sets(word) && (word == "0" || word.parse::<u32>().is_err()) && !SAME_NUMBER.contains(&word)
        };
        let (user, group) = (named(&self.user), named(&self.group));
        match (user, group) {
            (true, true) => Some(format!("gives {source} to {}:{}", self.user, self.group)),
            (true, false) => Some(format!("gives {source} to {}", self.user)),
            (false, true) => Some(format!("gives {source} to the group {}", self.group)),
            // Only `z` and `Z` change the mode without the owner; other kinds give the directory to root by default.
            (false, false) if sets(&self.mode) && self.user == "-" && matches!(self.kind, 'z' | 'Z') => {
                Some(format!("gives {source} the mode {}", self.mode))
            }
            (false, false) => None,
        }
    }
}

fn tmpfiles(subject: Subject<'_>, each: &Each<'_>, rules: &[Rule]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    // If the guest cannot write to it, only the host cares about its owner.
    for mount in mounts(each).into_iter().flatten().filter(|mount| !mount.read_only) {
        for rule in rules {
            let Some(what) = rule.does_to(mount.host) else { continue };
            if rule.is_roots() && OF_ROOT.contains(&trimmed(mount.inside)) {
                continue;
            }
            let message =
                format!("a tmpfiles rule of the host {what}; it is {} in `{}`", trimmed(mount.inside), each.name);
            let help = "it does so at each boot and each switch of the host, under the running container: leave owner, mode \
                        and age to the guest (`-`), or let them apply to a new directory only (`:root`)";
            let diagnostic = Diagnostic::warning(Code::TmpfilesOnBindMount, message).help(help);
            let path: Vec<&str> = rule.at.iter().map(String::as_str).collect();
            let diagnostic = match rule.element {
                Some(index) => in_view_element(diagnostic, subject.host, &path, index, "the host's rule"),
                None => in_view(diagnostic, subject.host, &path, "the host's rule"),
            };
            let at = each.path.join("bindMounts").join(mount.key).join("hostPath");
            found.push(subject.at(diagnostic, &at, "bound into the guest here"));
        }
    }
    found
}

/// A flag that certainly turns a user namespace on. `privateUsers` does not count: it maps the bind mounts.
fn user_namespace<'a>(each: &Each<'a>) -> Option<&'a str> {
    words(&each.container.extra_flags).find(|flag| {
        let value = flag.strip_prefix("--private-users").map(|value| value.trim_start_matches('='));
        *flag == "-U"
            || value.is_some_and(|value| {
                !value.starts_with('-') && !["no", "false", "off", "0", "identity"].contains(&value)
            })
    })
}

pub(super) fn words(list: &List<String>) -> impl Iterator<Item = &str> {
    list.known().into_iter().flatten().filter_map(Field::known).flat_map(|flag| flag.split_whitespace())
}

/// Paths that every user may read.
const PUBLIC: [&str; 8] = [
    "/etc/hosts",
    "/etc/localtime",
    "/etc/resolv.conf",
    "/etc/ssl/certs",
    "/etc/static",
    "/nix/store",
    "/run/current-system",
    "/usr/share",
];

/// Bind mounts whose files belong to `nobody` in the guest.
fn private_users(subject: Subject<'_>, each: &Each<'_>) -> Vec<Diagnostic> {
    let Some(flag) = user_namespace(each) else { return Vec::new() };
    let span = subject.spans.nearest(&each.path.join("extraFlags"));
    let mut found = Vec::new();
    for mount in mounts(each).into_iter().flatten() {
        // nspawn accepts options after the mount point, and NixOS passes them through.
        let is_mapped = mount.inside.rsplit(':').next().is_some_and(|options| options.contains("idmap"))
            && mount.inside.contains(':');
        let is_public = PUBLIC.iter().any(|directory| is_at_or_below(mount.host, directory));
        if is_mapped || (mount.read_only && is_public) {
            continue;
        }
        let effect = if mount.read_only {
            "what not everybody may read cannot be read there"
        } else {
            "nobody in the guest can write to them"
        };
        let message = format!(
            "`{}` has users of its own (`{flag}` in `extraFlags`), to which the files of {} are not mapped: they belong to nobody, and {effect}",
            each.name,
            trimmed(mount.host)
        );
        let help = format!(
            "set `privateUsers` instead, or, for nixos-rebuild, name the mount point `{}:idmap` (`rootidmap` where only the guest's \
             root uses it)",
            mount.inside
        );
        let diagnostic = Diagnostic::warning(Code::PrivateUsersBinds, message).help(help);
        let diagnostic = subject.at(diagnostic, &each.path.join("bindMounts").join(mount.key), "not mapped");
        found.push(match span {
            Some(span) => label(diagnostic, span, "gives it users of its own"),
            None => diagnostic,
        });
    }
    found
}

/// Users and groups with the same number in every NixOS (`nixos/modules/misc/ids.nix`).
const SAME_NUMBER: [&str; 16] = [
    "couchdb",
    "deluge",
    "gitlab",
    "grafana",
    "hass",
    "lidarr",
    "mongodb",
    "mysql",
    "nginx",
    "plex",
    "postgres",
    "prometheus",
    "radarr",
    "sonarr",
    "transmission",
    "wwwrun",
];

/// Directories of a guest that always belong to root.
const OF_ROOT: [&str; 12] = [
    "/etc",
    "/home",
    "/media",
    "/mnt",
    "/opt",
    "/root",
    "/srv",
    "/usr",
    "/var",
    "/var/cache",
    "/var/lib",
    "/var/log",
];

/// Services whose state is lost because nothing keeps it.
fn ephemeral(subject: Subject<'_>, each: &Each<'_>) -> Vec<Diagnostic> {
    let c = each.container;
    let (Some(true), Some(guest)) = (c.ephemeral.known(), each.guest) else { return Vec::new() };
    let Some(kept) = kept(each, guest) else { return Vec::new() };
    let mut found = Vec::new();
    for service in services::STATEFUL {
        let enable = ["services", service.name, "enable"];
        if !guest.find(&enable).is(true) {
            continue;
        }
        let directory = match service.option.map(|option| guest.find(&["services", service.name, option])) {
            None | Some(OptionState::Undefined) => service.directory,
            // Values that are more than a path, such as `maildir:~/mail`, are not parsed.
            Some(state) => match state.text().filter(|directory| directory.starts_with('/')) {
                Some(directory) => directory,
                None => continue,
            },
        };
        if kept.iter().any(|mount| is_at_or_below(directory, mount) || is_at_or_below(mount, directory)) {
            continue;
        }
        let message = format!(
            "`{}` is ephemeral, and its `{}` keeps {} in {directory}, which no bind mount holds",
            each.name, service.name, service.what
        );
        let help = format!(
            "add `bindMounts.\"{directory}\" = {{ hostPath = \"…\"; isReadOnly = false; }};`, or leave `ephemeral` out"
        )
        .replace('…', "/path/on/the/host");
        let diagnostic = Diagnostic::warning(Code::EphemeralState, message).help(help);
        let diagnostic = in_view(diagnostic, guest, &enable, "loses its state at each restart");
        found.push(subject.at(diagnostic, &each.path.join("ephemeral"), "empties the root at each start"));
    }
    found
}

/// The directories of the guest that outlive a restart; `None` if there may be more.
fn kept<'a>(each: &Each<'a>, guest: &'a View) -> Option<Vec<&'a str>> {
    let binds = each.container.bind_mounts.known()?;
    let mut kept = Vec::new();
    for mount in binds.values() {
        let inside = mount.known()?.mount_point.known()?;
        kept.push(inside.split(':').next().unwrap_or(inside));
    }
    let flags = each.container.extra_flags.known()?;
    for flag in flags {
        for word in flag.known()?.split_whitespace() {
            match word.strip_prefix("--bind") {
                Some(rest) => kept.push(rest.trim_start_matches("-ro").trim_start_matches('=').split(':').nth(1)?),
                None if word.starts_with("--overlay") || word.starts_with("--volatile") => return None,
                None => {}
            }
        }
    }
    match guest.find(&["fileSystems"]) {
        OptionState::Unknown => return None,
        state => kept.extend(state.members().map(|(mount, _)| mount.as_str())),
    }
    Some(kept)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn rules_matter_where_they_change_what_a_guest_uses() {
        let table = [
            ("d /srv/data 0755 root root -", Some("gives /srv/data to root:root")),
            ("d /srv/data/ 0755 root - -", Some("gives /srv/data to root")),
            ("d /srv/data - - - -", None),
            ("d /srv/data 0700 71 71 -", None),
            ("d /srv/data 0700 :root :root -", None),
            ("d /srv 0755 root root -", None),
            ("d /srv/data/below 0755 root root -", None),
            ("d /srv/database 0755 root root -", None),
            ("Z /srv - media media -", Some("gives /srv/data to media:media")),
            ("z /srv/data 0700 - - -", Some("gives /srv/data the mode 0700")),
            ("d /srv - - - 10d", Some("removes files in /srv/data that are older than 10d")),
            ("D /srv - - - -", Some("removes what is in /srv when the host boots, /srv/data among it")),
            ("R /srv/data - - - -", Some("removes /srv/data, with all that is in it")),
            ("L+ /srv/data - - - - /other", None),
        ];
        for (line, what) in table {
            let view =
                View { options: json!({ "systemd": { "tmpfiles": { "rules": [line] } } }), ..View::default() };
            let does = rules(&view).into_iter().find_map(|rule| rule.does_to("/srv/data"));
            assert_eq!(does.as_deref(), what, "{line}");
        }
    }
}
