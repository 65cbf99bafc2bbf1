//! Secrets written into the configuration: they end up in the store, where every user can read them.
//!
//! A plan redacts whatever is *called* a secret. A finding has to be certain, so this lint reads names more strictly: names
//! of paths, variables and hashes do not count. Findings never show the secret itself.

use serde_json::Value as Json;

use super::subject::{Each, Subject, in_view};
use crate::diag::{Code, Diagnostic};
use crate::model::Field;
use crate::model::path::OptionPath;
use crate::model::view::{View, is_unknown};

/// Endings of the names of secrets, in lower case and without `_` and `-`.
#[rustfmt::skip]
const ENDINGS: [&str; 14] = [
    "password", "passwd", "passphrase", "secret", "secretkey", "token", "apikey", "privatekey", "presharedkey",
    "adminpass", "dbpass", "requirepass", "rootpass", "secretaccesskey",
];
/// Endings of the names of options whose file contains a secret.
const FILES: [&str; 4] = ["credentials", "sslcertificatekey", "sslserverkey", "key"];
/// Endings of files that are encrypted or public.
const NO_SECRET_FILES: [&str; 6] = [".age", ".asc", ".crt", ".gpg", ".pub", ".yaml"];
/// Texts that are not secrets: keywords and placeholders.
const NO_SECRETS: [&str; 16] = [
    "", "!", "*", "x", "yes", "no", "true", "false", "none", "null", "auto", "disabled", "enabled", "required",
    "optional", "default",
];

pub(super) fn lint(subject: Subject<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for each in subject.containers() {
        if let Some(guest) = each.guest {
            let mut secrets = Vec::new();
            collect(guest, &guest.options, &mut Vec::new(), &mut secrets);
            for (path, kind) in secrets {
                let shown = OptionPath::new(path.iter().cloned());
                let path: Vec<&str> = path.iter().map(String::as_str).collect();
                found.push(match kind {
                    Kind::Text => in_view(finding(&each, &format!("`{shown}`")), guest, &path, "").hide_values(),
                    Kind::File => in_view(file(&each, &shown), guest, &path, "copied into the store"),
                });
            }
        }
        found.extend(flags(subject, &each));
    }
    found
}

fn finding(each: &Each<'_>, what: &str) -> Diagnostic {
    let message = format!(
        "{what} of `{}` is a secret in plain text: it lands in the store, where everybody can read it",
        each.name
    );
    Diagnostic::warning(Code::SecretInStore, message).help(
        "keep it in a file outside of the store, bind that into the guest, and name it (many services have an option \
         that ends in `File`)",
    )
}

/// Reports a file beside the configuration from which a guest reads a secret.
fn file(each: &Each<'_>, option: &OptionPath) -> Diagnostic {
    let message = format!(
        "`{option}` of `{}` names a file of the configuration: it is copied into the store, where everybody can read it",
        each.name
    );
    Diagnostic::warning(Code::SecretInStore, message).help(
        "keep the file outside of the configuration, bind it into the guest, and name it as a text: \"/run/…\""
            .replace('…', "secrets/x"),
    )
}

/// How the secret is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    File,
}

fn collect(guest: &View, json: &Json, path: &mut Vec<String>, found: &mut Vec<(Vec<String>, Kind)>) {
    match json {
        Json::Object(members) if !is_unknown(json) => {
            for (name, value) in members {
                path.push(name.clone());
                match value {
                    Json::String(text) if is_secret(name, text) => found.push((path.clone(), Kind::Text)),
                    Json::String(text) if names_secret_file(name, text) => {
                        let copied = text.starts_with("/nix/store/")
                            || guest.files.contains(&OptionPath::new(path.iter().cloned()));
                        if copied {
                            found.push((path.clone(), Kind::File));
                        }
                    }
                    other => collect(guest, other, path, found),
                }
                path.pop();
            }
        }
        Json::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                path.push(index.to_string());
                collect(guest, item, path, found);
                path.pop();
            }
        }
        _ => {}
    }
}

/// Whether an option of this name expects a file with a secret, and `text` is not a file that may be public.
fn names_secret_file(name: &str, text: &str) -> bool {
    let name = plain(name);
    let stem = name.strip_suffix("file").or_else(|| name.strip_suffix("path")).unwrap_or(&name);
    let is_file = stem.len() < name.len() || ["sslcertificatekey", "sslserverkey"].contains(&stem);
    is_file
        && !name.contains("public")
        && !name.contains("hash")
        && ENDINGS.iter().chain(&FILES).any(|ending| stem.ends_with(ending))
        && !NO_SECRET_FILES.iter().any(|ending| text.ends_with(ending))
}

/// A name in lower case, without `_` and `-`.
fn plain(name: &str) -> String {
    name.chars().filter(|c| !['_', '-'].contains(c)).collect::<String>().to_ascii_lowercase()
}

/// Whether `text` is certainly a secret, judged by its name and its form.
fn is_secret(name: &str, text: &str) -> bool {
    let name = plain(name);
    // `hashedPassword` and similar names.
    let is_hash = name.contains("hash") || text.starts_with('$') || text.starts_with("{SSHA}");
    let names_another = text.starts_with(['/', '@', '%', '#', '!', '<', '~'])
        || text.contains(['$', '{', '}', '\n'])
        || text.contains("://")
        || ["file:", "env:", "vault:", "ENC["].iter().any(|scheme| text.starts_with(scheme));
    ENDINGS.iter().any(|ending| name.ends_with(ending))
        && !is_hash
        && !names_another
        && !NO_SECRETS.contains(&text.to_ascii_lowercase().as_str())
}

/// Reports secrets in `--setenv=NAME=SECRET` and `--set-credential=NAME:SECRET`.
fn flags(subject: Subject<'_>, each: &Each<'_>) -> Vec<Diagnostic> {
    let flags: Vec<&str> = (each.container.extra_flags.known().into_iter().flatten())
        .filter_map(Field::known)
        .flat_map(|flag| flag.split_whitespace())
        .collect();
    let mut found = Vec::new();
    for (index, flag) in flags.iter().enumerate() {
        let value = |option: &str| match flag.strip_prefix(option)? {
            "" => flags.get(index + 1).copied(),
            value => value.strip_prefix('='),
        };
        let name = value("--setenv")
            .or_else(|| value("-E"))
            .and_then(|value| value.split_once('='))
            .filter(|(name, text)| is_secret(name, text))
            .or_else(|| value("--set-credential")?.split_once(':').filter(|(_, text)| !text.is_empty()));
        if let Some((name, _)) = name {
            let what = format!("`{name}` in `extraFlags`");
            let at = each.path.join("extraFlags");
            found.push(subject.at(finding(each, &what), &at, "").hide_values());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_certainly_one_is_a_secret() {
        for (name, text) in [
            ("password", "hunter2"),
            ("adminPassword", "change me"),
            ("DB_PASSWORD", "x9"),
            ("initialPassword", "nixos"),
            ("client-secret", "abc"),
            ("apiKey", "0123456789"),
            ("privateKey", "yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk="),
        ] {
            assert!(is_secret(name, text), "{name}");
        }
        for (name, text) in [
            ("passwordFile", "hunter2"),
            ("PasswordAuthentication", "no"),
            ("password", "/run/secrets/password"),
            ("password", "$DB_PASSWORD"),
            ("password", "${DB_PASSWORD}"),
            ("password", "@password@"),
            ("password", "$__file{/run/x}"),
            ("password", "!secret db"),
            ("hashedPassword", "abc"),
            ("initialHashedPassword", "$6$abc"),
            ("password", ""),
            ("token", "env:TOKEN"),
            ("tokenLength", "32"),
            ("passwordCommand", "pass show x"),
            ("key", "abc"),
        ] {
            assert!(!is_secret(name, text), "{name} = {text}");
        }
    }
}
