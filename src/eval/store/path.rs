//! Store paths: computes and validates them.

use std::collections::BTreeSet;

use super::base32;
use super::hash::{Algorithm, Hash};

/// The store directory.
pub(in crate::eval) const STORE: &str = "/nix/store";
/// The number of digits of the hash in a store path.
const HASH_DIGITS: usize = 32;
/// The longest name.
const LONGEST_NAME: usize = 211;

/// How the content of a store path was hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::eval) enum Method {
    /// The bytes of a single file.
    Flat,
    /// A NAR.
    Recursive,
}

/// Nix's message for an invalid name; `None` if it is valid.
pub(in crate::eval) fn name_error(name: &str) -> Option<String> {
    if name.is_empty() {
        return Some(String::from("name must not be empty"));
    }
    if name.len() > LONGEST_NAME {
        return Some(format!("name '{name}' must be no longer than {LONGEST_NAME} characters"));
    }
    if let "." | ".." = name {
        return Some(format!("name '{name}' is not valid"));
    }
    for start in [".-", "..-"] {
        if name.starts_with(start) {
            let dots = &start[..start.len() - 1];
            return Some(format!(
                "name '{name}' is not valid: first dash-separated component must not be '{dots}'"
            ));
        }
    }
    let legal = |c: char| c.is_ascii_alphanumeric() || "+-._?=".contains(c);
    let illegal = name.chars().find(|c| !legal(*c))?;
    Some(format!("name '{name}' contains illegal character '{illegal}'"))
}

/// The hash and the name of a store path's last component, validated. The error is Nix's.
pub(in crate::eval) fn parse_base(base: &str) -> Result<(&str, &str), String> {
    let invalid = |what: String| format!("path '{base}' is not a valid store path: {what}");
    if base.len() < HASH_DIGITS + 1 {
        return Err(format!("'{base}' is too short to be a valid store path"));
    }
    let (hash, rest) =
        base.split_at_checked(HASH_DIGITS).ok_or_else(|| invalid(String::from("it is not ASCII")))?;
    if let Some(c) = hash.chars().find(|c| !base32::is_digit(*c)) {
        return Err(invalid(format!("contains illegal base-32 character '{c}'")));
    }
    // Nix skips a single byte, whatever it is. The rest of a longer character is not valid in a name.
    let mut rest = rest.chars();
    if let Some(c) = rest.next().filter(|c| !c.is_ascii()) {
        return Err(invalid(format!("name contains illegal character '{c}'")));
    }
    let name = rest.as_str();
    match name_error(name) {
        Some(what) => Err(invalid(what)),
        None => Ok((hash, name)),
    }
}

/// Splits a path into the store path that contains it and the rest; `None` if it is not in the store.
pub(in crate::eval) fn split(path: &str) -> Option<(&str, &str)> {
    let below = path.strip_prefix(STORE)?.strip_prefix('/')?;
    let end = below.find('/').map_or(path.len(), |slash| path.len() - below.len() + slash);
    Some(path.split_at(end))
}

/// The last component of a store path.
pub(in crate::eval) fn base(path: &str) -> &str {
    path.strip_prefix(STORE).and_then(|below| below.strip_prefix('/')).unwrap_or(path)
}

/// The store path for a hash; the parameters are the parts of the fingerprint in Nix's manual.
fn make(kind: &str, hash: &str, name: &str) -> Result<String, String> {
    let fingerprint = format!("{kind}:{hash}:{STORE}:{name}");
    let digest = Hash::of(Algorithm::Sha256, fingerprint.as_bytes()).digest;
    let mut compressed = [0_u8; 20];
    for (index, byte) in digest.iter().enumerate() {
        compressed[index % 20] ^= byte;
    }
    let base = format!("{}-{name}", base32::encode(&compressed));
    parse_base(&base)?;
    Ok(format!("{STORE}/{base}"))
}

/// The path of a text that `toFile` or a derivation writes, given the text's hash and references.
pub(in crate::eval) fn text<'a>(
    name: &str,
    hash: &Hash,
    references: impl IntoIterator<Item = &'a str>,
) -> Result<String, String> {
    let references: BTreeSet<_> = references.into_iter().collect();
    let kind = references.iter().fold(String::from("text"), |kind, reference| kind + ":" + reference);
    make(&kind, &format!("{}:{}", hash.algorithm.name(), hash.hex()), name)
}

/// The path of content with a known hash.
pub(in crate::eval) fn fixed(name: &str, method: Method, hash: &Hash) -> Result<String, String> {
    match (method, hash.algorithm) {
        (Method::Recursive, Algorithm::Sha256) => make("source", &format!("sha256:{}", hash.hex()), name),
        _ => {
            let prefix = if method == Method::Recursive { "r:" } else { "" };
            let inner = format!("fixed:out:{prefix}{}:{}:", hash.algorithm.name(), hash.hex());
            let inner = Hash::of(Algorithm::Sha256, inner.as_bytes());
            make("output:out", &format!("sha256:{}", inner.hex()), name)
        }
    }
}

/// The path of a derivation's output, computed from the derivation's inputs.
pub(in crate::eval) fn output(output: &str, hash: &Hash, name: &str) -> Result<String, String> {
    make(&format!("output:{output}"), &format!("sha256:{}", hash.hex()), &output_name(name, output))
}

/// The name in an output's path.
pub(in crate::eval) fn output_name(name: &str, output: &str) -> String {
    if output == "out" { name.to_owned() } else { format!("{name}-{output}") }
}

/// The placeholder for the path of an output inside the derivation that builds it.
pub(in crate::eval) fn placeholder(output: &[u8]) -> String {
    let hash = Hash::of(Algorithm::Sha256, &[b"nix-output:", output].concat());
    format!("/{}", base32::encode(&hash.digest))
}
