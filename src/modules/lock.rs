//! What a lock file, or a locked reference, tells about the source of a flake.
//!
//! Source: Nix's lock files, version 7, and the attributes that `call-flake.nix` gives a source tree.

use serde_json::Value as Json;

use crate::eval::{Evaluator, Symbol, Value, date, source_path};
use crate::source::Pos;

/// The length of a short revision.
const SHORT: usize = 7;

/// Returns `rev`, `shortRev`, `revCount`, `lastModified` and `lastModifiedDate` of a source, as far as `locked` has them.
pub(super) fn pinned_source<'e>(ev: &Evaluator<'e>, locked: &Json) -> Vec<(Symbol, Value<'e>, Pos)> {
    let mut parts = Vec::new();
    let mut part = |name: &str, value: Value<'e>| parts.push((ev.heap.symbol(name), value, Pos::NONE));
    if let Some(hash) = locked["narHash"].as_str() {
        part("narHash", ev.heap.string(hash));
    }
    if let Some(revision) = locked["rev"].as_str() {
        part("rev", ev.heap.string(revision));
        part("shortRev", ev.heap.string(revision.get(..SHORT).unwrap_or(revision)));
    }
    if let Some(count) = locked["revCount"].as_i64() {
        part("revCount", Value::Int(count));
    }
    if let Some(seconds) = locked["lastModified"].as_i64() {
        part("lastModified", Value::Int(seconds));
        part("lastModifiedDate", ev.heap.string(&date(seconds)));
    }
    parts
}

/// Whether `directory` is the pinned tree in the store, or lies inside it.
pub(super) fn is_at(locked: &Json, directory: &str) -> bool {
    let path = locked["narHash"].as_str().and_then(source_path);
    path.is_some_and(|path| {
        directory.strip_prefix(&path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

/// Resolves a flake reference without network access, to a directory and what the reference pins about it.
///
/// A reference with a `narHash` resolves to the tree's store path, another one to its local path.
pub(super) fn referenced(reference: &str) -> Option<(String, Option<Json>)> {
    let (address, query) = reference.split_once('?').unwrap_or((reference, ""));
    let parameter = |name: &str| {
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.into_iter().find(|(key, _)| *key == name).map(|(_, value)| unescaped(value))
    };
    let below = parameter("dir").map_or_else(String::new, |dir| format!("/{dir}"));
    if let Some(hash) = parameter("narHash")
        && let Some(path) = source_path(&hash)
    {
        let revision = parameter("rev").or_else(|| address.rsplit('/').next().map(str::to_owned));
        let revision =
            revision.filter(|text| text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let mut pinned = serde_json::json!({ "narHash": hash });
        if let Some(revision) = revision {
            pinned["rev"] = Json::String(revision);
        }
        if let Some(seconds) = parameter("lastModified").and_then(|text| text.parse::<i64>().ok()) {
            pinned["lastModified"] = Json::from(seconds);
        }
        return Some((format!("{path}{below}"), Some(pinned)));
    }
    let path = address.strip_prefix("path:").or_else(|| address.strip_prefix("git+file://")).unwrap_or(address);
    path.starts_with('/').then(|| (format!("{}{below}", path.trim_end_matches('/')), None))
}

/// Decodes the `%XX` escapes in a part of a URL.
fn unescaped(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escaped = (bytes[at] == b'%').then(|| text.get(at + 1..at + 3)).flatten();
        match escaped.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                plain.push(byte);
                at += 3;
            }
            None => {
                plain.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&plain).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_lead_to_directories_and_to_the_store() {
        let hash = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
        let stored = source_path(hash).expect("a hash");
        let table = [
            ("/etc/nixos", Some(("/etc/nixos".to_owned(), None))),
            ("path:/a/b/", Some(("/a/b".to_owned(), None))),
            ("git+file:///a?dir=sub", Some(("/a/sub".to_owned(), None))),
            ("github:owner/repository", None),
            (&format!("github:o/r?narHash={hash}"), Some((stored.clone(), Some(hash.to_owned())))),
            (
                &format!("path:/x?dir=d&narHash={}", hash.replace('+', "%2B").replace('=', "%3D")),
                Some((format!("{stored}/d"), Some(hash.to_owned()))),
            ),
        ];
        for (reference, expected) in table {
            let found = referenced(reference).map(|(directory, pinned)| {
                (directory, pinned.and_then(|json| json["narHash"].as_str().map(str::to_owned)))
            });
            assert_eq!(found, expected, "{reference}");
        }
    }
}
