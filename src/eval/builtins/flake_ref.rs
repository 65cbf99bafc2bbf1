//! Flake references: texts such as `github:NixOS/nixpkgs/nixos-25.11`, and the attributes they stand for.
//!
//! What Nix accepts, ignores and rejects for each scheme was determined with Nix 2.34.8.

use std::collections::BTreeMap;

/// An attribute of a flake reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Attr {
    Text(String),
    Number(u64),
    Switch(bool),
}

/// The attributes of a flake reference, including `type`.
pub(super) type Attrs = BTreeMap<String, Attr>;

/// Why a text is not a flake reference.
enum Refused {
    /// Not a URL of that scheme; it may still be a path.
    NoUrl,
    /// Such a URL, but an invalid one.
    Wrong(String),
}

type Parsed = Result<Attrs, Refused>;

fn text(value: impl Into<String>) -> Attr {
    Attr::Text(value.into())
}

/// Whether a text is the name of a flake in a registry.
fn is_id(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
}

fn is_revision(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

/// Whether a text is the name of a branch or a tag.
fn is_branch(text: &str) -> bool {
    let first = |c: char| c.is_ascii_alphanumeric() || c == '@';
    let rest = |c: char| first(c) || matches!(c, '_' | '.' | '/' | '+' | '-');
    text.starts_with(first)
        && text.chars().all(rest)
        && !text.contains("//")
        && !text.contains("..")
        && !text.contains("/.")
        && !text.contains("@{")
        && !text.ends_with(['/', '.'])
        && !text.ends_with(".lock")
        && !text.contains(".lock/")
        && text != "@"
}

fn wrong_length(hash: &str) -> String {
    format!("hash '{hash}' has wrong length for hash algorithm 'sha1'")
}

fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
        let (high, low) = (digit(rest.next())?, digit(rest.next())?);
        bytes.push(u8::try_from(high * 16 + low).ok()?);
    }
    String::from_utf8(bytes).ok().filter(|text| !text.contains('\0'))
}

/// Percent-encodes everything but letters, digits and the characters in `stays`.
fn encode(text: &str, stays: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        let c = char::from(byte);
        if byte.is_ascii_alphanumeric() || "-._~".contains(c) || byte.is_ascii() && stays.contains(c) {
            out.push(c);
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

fn query_text(query: &BTreeMap<String, String>) -> String {
    let parts: Vec<_> =
        query.iter().map(|(name, value)| format!("{}={}", encode(name, ":@/?"), encode(value, ":@/?"))).collect();
    if parts.is_empty() { String::new() } else { format!("?{}", parts.join("&")) }
}

fn parse_query(query: &str) -> Option<BTreeMap<String, String>> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty()).filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| Some((decode(name)?, decode(value)?))).collect()
}

/// The parts of a URL; the path is not decoded.
struct Url<'a> {
    whole: &'a str,
    scheme: &'a str,
    authority: Option<&'a str>,
    path: &'a str,
    query: BTreeMap<String, String>,
}

impl<'a> Url<'a> {
    fn parse(whole: &'a str) -> Option<Self> {
        let (scheme, rest) = whole.split_once(':')?;
        let fits = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '.' | '-'));
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        if !fits || whole.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return None;
        }
        let (authority, path) = match rest.strip_prefix("//") {
            Some(rest) => {
                let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
                (Some(authority), path)
            }
            None => (None, rest),
        };
        Some(Self { whole, scheme, authority, path, query: parse_query(query)? })
    }

    /// The URL with another scheme and the remaining query.
    fn under(&self, scheme: &str) -> String {
        let authority = self.authority.map(|authority| format!("//{authority}")).unwrap_or_default();
        format!("{scheme}:{authority}{}{}", self.path, query_text(&self.query))
    }
}

/// The attributes that a flake reference stands for.
pub(super) fn parse(reference: &str) -> Result<Attrs, String> {
    let (whole, fragment) = reference.split_once('#').unwrap_or((reference, ""));
    let id = whole.split('/').next().unwrap_or_default();
    let known = is_id(id) && (id == whole || is_branch(&whole[id.len() + 1..]));
    let indirect = format!("flake:{whole}");
    let of_url = if known { Url::parse(&indirect) } else { Url::parse(whole) };
    let attrs = match of_url.map_or(Err(Refused::NoUrl), of_url_scheme) {
        Ok(attrs) => attrs,
        Err(Refused::Wrong(message)) => return Err(message),
        Err(Refused::NoUrl) => {
            of_path(whole).ok_or_else(|| format!("flake reference '{whole}' is not an absolute path"))??
        }
    };
    if fragment.is_empty() {
        return Ok(attrs);
    }
    Err(format!("unexpected fragment '{fragment}' in flake reference '{reference}'"))
}

fn of_path(whole: &str) -> Option<Result<Attrs, String>> {
    let (path, query) = whole.split_once('?').unwrap_or((whole, ""));
    if !path.starts_with('/') {
        return None;
    }
    let url = Url { whole, scheme: "path", authority: None, path, query: parse_query(query)? };
    let mut attrs = match of_url_scheme(url) {
        Ok(attrs) => attrs,
        Err(Refused::Wrong(message)) => return Some(Err(message)),
        Err(Refused::NoUrl) => return None,
    };
    attrs.insert(String::from("path"), text(path));
    Some(Ok(attrs))
}

fn of_url_scheme(mut url: Url<'_>) -> Parsed {
    let directory = url.query.remove("dir").filter(|directory| !directory.is_empty());
    let mut attrs = match url.scheme {
        "path" => path(&url),
        "flake" => indirect(&url),
        "github" | "gitlab" | "sourcehut" => forge(&url),
        "git" | "git+http" | "git+https" | "git+ssh" | "git+file" => git(&mut url),
        "hg+http" | "hg+https" | "hg+ssh" | "hg+file" => Ok(mercurial(&mut url)),
        _ => download(&mut url),
    }?;
    if let Some(directory) = directory {
        attrs.insert(String::from("dir"), text(directory));
    }
    Ok(attrs)
}

fn of_type(kind: &str) -> Attrs {
    Attrs::from([(String::from("type"), text(kind))])
}

fn path(url: &Url<'_>) -> Parsed {
    if let Some(host) = url.authority.filter(|host| !host.is_empty()) {
        return Err(Refused::Wrong(format!("path URL '{}' should not have an authority ('{host}')", url.whole)));
    }
    let mut attrs = of_type("path");
    attrs.insert(String::from("path"), text(decode(url.path).ok_or(Refused::NoUrl)?));
    for (name, value) in &url.query {
        let attr = match name.as_str() {
            "rev" | "narHash" => text(value),
            "revCount" | "lastModified" => {
                Attr::Number(value.parse().map_err(|_| {
                    Refused::Wrong(format!("path URL '{}' has invalid parameter '{name}'", url.whole))
                })?)
            }
            _ => {
                return Err(Refused::Wrong(format!("path URL '{}' has unsupported parameter '{name}'", url.whole)));
            }
        };
        attrs.insert(name.clone(), attr);
    }
    Ok(attrs)
}

fn indirect(url: &Url<'_>) -> Parsed {
    let parts: Vec<_> = url.path.split('/').collect();
    let mut attrs = of_type("indirect");
    match parts[..] {
        [_] => {}
        [_, revision] if is_revision(revision) => {
            attrs.insert(String::from("rev"), text(revision));
        }
        [_, branch] => {
            attrs.insert(String::from("ref"), text(branch));
        }
        [_, branch, revision] => {
            if !is_revision(revision) {
                let message = format!("in flake URL '{}', '{revision}' is not a commit hash", url.whole);
                return Err(Refused::Wrong(message));
            }
            attrs.insert(String::from("ref"), text(branch));
            attrs.insert(String::from("rev"), text(revision));
        }
        _ => return Err(Refused::Wrong(format!("GitHub URL '{}' is invalid", url.whole))),
    }
    attrs.insert(String::from("id"), text(parts[0]));
    Ok(attrs)
}

fn forge(url: &Url<'_>) -> Parsed {
    let parts = url.path.split('/').map(decode).collect::<Option<Vec<_>>>().ok_or(Refused::NoUrl)?;
    let [owner, repository, rest @ ..] = &parts[..] else { return Err(Refused::NoUrl) };
    let mut attrs = of_type(url.scheme);
    attrs.insert(String::from("owner"), text(owner));
    attrs.insert(String::from("repo"), text(repository));
    match rest {
        [] => {}
        [revision] if is_revision(revision) => {
            attrs.insert(String::from("rev"), text(revision));
        }
        branch => {
            let branch = branch.join("/");
            if !is_branch(&branch) {
                return Err(Refused::NoUrl);
            }
            attrs.insert(String::from("ref"), text(branch));
        }
    }
    for (name, value) in &url.query {
        match name.as_str() {
            "rev" if !is_revision(value) => return Err(Refused::Wrong(wrong_length(value))),
            "ref" if !is_branch(value) => return Err(Refused::NoUrl),
            "host" if !value.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-')) => {
                return Err(Refused::NoUrl);
            }
            // Given twice: in the path and in the query.
            "rev" | "ref" | "host" | "narHash" if attrs.insert(name.clone(), text(value)).is_some() => {
                return Err(Refused::NoUrl);
            }
            _ => {}
        }
    }
    if attrs.contains_key("rev") && attrs.contains_key("ref") { Err(Refused::NoUrl) } else { Ok(attrs) }
}

/// Moves a parameter from the URL's query to the attributes.
fn take(url: &mut Url<'_>, attrs: &mut Attrs, name: &str, attr: impl FnOnce(String) -> Option<Attr>) {
    if let Some(value) = url.query.get(name).cloned()
        && let Some(attr) = attr(value)
    {
        url.query.remove(name);
        attrs.insert(name.to_owned(), attr);
    }
}

const GIT_SWITCHES: [&str; 6] = ["allRefs", "exportIgnore", "lfs", "shallow", "submodules", "verifyCommit"];

fn git(url: &mut Url<'_>) -> Parsed {
    let mut attrs = of_type("git");
    for name in ["rev", "ref", "keytype", "publicKey", "publicKeys"] {
        take(url, &mut attrs, name, |value| Some(Attr::Text(value)));
    }
    for name in GIT_SWITCHES {
        take(url, &mut attrs, name, |value| Some(Attr::Switch(value == "1")));
    }
    let scheme = url.scheme.strip_prefix("git+").unwrap_or(url.scheme);
    attrs.insert(String::from("url"), text(url.under(scheme)));
    Ok(attrs)
}

fn mercurial(url: &mut Url<'_>) -> Attrs {
    let mut attrs = of_type("hg");
    for name in ["rev", "ref"] {
        take(url, &mut attrs, name, |value| Some(Attr::Text(value)));
    }
    let scheme = url.scheme.trim_start_matches("hg+");
    attrs.insert(String::from("url"), text(url.under(scheme)));
    attrs
}

fn download(url: &mut Url<'_>) -> Parsed {
    let (kind, scheme) = match url.scheme.split_once('+') {
        Some((kind @ ("tarball" | "file"), scheme)) => (kind, scheme),
        _ => ("tarball", url.scheme),
    };
    if !matches!(scheme, "http" | "https" | "file") {
        return Err(Refused::Wrong(format!("input '{}' is unsupported", url.whole)));
    }
    let mut attrs = of_type(kind);
    for name in ["rev", "narHash"] {
        take(url, &mut attrs, name, |value| Some(Attr::Text(value)));
    }
    for name in ["revCount", "lastModified"] {
        take(url, &mut attrs, name, |value| value.parse().ok().map(Attr::Number));
    }
    attrs.insert(String::from("url"), text(url.under(scheme)));
    Ok(attrs)
}

/// The attributes that a scheme accepts besides `type` and `dir`.
fn allowed(kind: &str) -> Option<&'static [&'static str]> {
    Some(match kind {
        "path" => &["path", "rev", "revCount", "lastModified", "narHash"],
        "indirect" => &["id", "ref", "rev", "narHash"],
        "github" | "gitlab" | "sourcehut" => {
            &["owner", "repo", "ref", "rev", "narHash", "lastModified", "host", "treeHash"]
        }
        "git" => &[
            "url",
            "ref",
            "rev",
            "shallow",
            "submodules",
            "lfs",
            "exportIgnore",
            "lastModified",
            "revCount",
            "narHash",
            "allRefs",
            "name",
            "dirtyRev",
            "dirtyShortRev",
            "verifyCommit",
            "keytype",
            "publicKey",
            "publicKeys",
        ],
        "hg" => &["url", "ref", "rev", "revCount", "narHash", "name"],
        "tarball" | "file" => &["url", "narHash", "name", "unpack", "rev", "revCount", "lastModified"],
        _ => return None,
    })
}

fn json(attrs: &Attrs) -> String {
    let object: serde_json::Map<_, _> = attrs
        .iter()
        .map(|(name, attr)| {
            let value = match attr {
                Attr::Text(value) => value.clone().into(),
                Attr::Number(value) => (*value).into(),
                Attr::Switch(value) => (*value).into(),
            };
            (name.clone(), value)
        })
        .collect();
    serde_json::Value::Object(object).to_string()
}

/// The text of a flake reference with these attributes.
pub(super) fn to_text(mut attrs: Attrs) -> Result<String, String> {
    let directory = attrs.remove("dir");
    let Some(kind) = attrs.get("type") else {
        return Err(String::from("'type' attribute to specify input scheme is required but not provided"));
    };
    let Attr::Text(kind) = kind.clone() else {
        return Err(format!("input attribute 'type' is not a string {}", json(&attrs)));
    };
    let names = allowed(&kind).ok_or_else(|| format!("cannot show unsupported input '{}'", json(&attrs)))?;
    if let Some(name) = attrs.keys().find(|name| *name != "type" && !names.contains(&name.as_str())) {
        return Err(format!("input attribute '{name}' not supported by scheme '{kind}'"));
    }
    let mut query = BTreeMap::new();
    if let Some(Attr::Text(directory)) = directory {
        query.insert(String::from("dir"), directory);
    }
    let optional = |name: &str| match attrs.get(name) {
        None => Ok(None),
        Some(Attr::Text(value)) => Ok(Some(value.as_str())),
        Some(_) => Err(format!("input attribute '{name}' is not a string {}", json(&attrs))),
    };
    let required = |name: &str| optional(name)?.ok_or_else(|| format!("input attribute '{name}' is missing"));
    let revision = optional("rev")?;
    if let Some(revision) = revision.filter(|revision| !is_revision(revision)) {
        return Err(wrong_length(revision));
    }
    let branch = optional("ref")?;
    let ask = |query: &mut BTreeMap<String, String>, names: &[&str]| {
        for name in names {
            match attrs.get(*name) {
                Some(Attr::Text(value)) => query.insert((*name).to_owned(), value.clone()),
                Some(Attr::Number(value)) => query.insert((*name).to_owned(), value.to_string()),
                Some(Attr::Switch(true)) => query.insert((*name).to_owned(), String::from("1")),
                Some(Attr::Switch(false)) | None => None,
            };
        }
    };
    match kind.as_str() {
        "indirect" => {
            let id = required("id")?;
            if !is_id(id) {
                return Err(format!("'{id}' is not a valid flake ID"));
            }
            let parts = [Some(id), branch, revision].into_iter().flatten();
            Ok(format!("flake:{}{}", parts.collect::<Vec<_>>().join("/"), query_text(&query)))
        }
        "path" => {
            ask(&mut query, &["rev", "revCount", "lastModified", "narHash"]);
            Ok(format!("path:{}{}", encode(required("path")?, "/:@"), query_text(&query)))
        }
        "github" | "gitlab" | "sourcehut" => {
            let (owner, repository) = (required("owner")?, required("repo")?);
            if let (Some(revision), Some(branch)) = (revision, branch) {
                let what = format!("both a commit hash ('{revision}') and a branch/tag name ('{branch}')");
                return Err(format!("input {} contains {what}", json(&attrs)));
            }
            if branch.is_some_and(|branch| !is_branch(branch)) {
                return Err(format!("input {} contains an invalid branch/tag name", json(&attrs)));
            }
            ask(&mut query, &["host", "narHash"]);
            let parts = [Some(owner), Some(repository), branch, revision].into_iter().flatten();
            let parts: Vec<_> = parts.map(|part| encode(part, "@:")).collect();
            Ok(format!("{kind}:{}{}", parts.join("/"), query_text(&query)))
        }
        _ => {
            let given = required("url")?;
            // A local repository may be named by its path.
            let file = (kind == "git" && given.starts_with('/')).then(|| format!("file://{given}"));
            let whole = file.as_deref().unwrap_or(given);
            let mut url = Url::parse(whole).ok_or_else(|| format!("'{whole}' is not a valid URL"))?;
            url.query.append(&mut query);
            let scheme = match kind.as_str() {
                "git" => {
                    ask(&mut url.query, &["rev", "ref", "shallow", "submodules", "lfs", "exportIgnore"]);
                    if url.scheme == "git" { String::from("git") } else { format!("git+{}", url.scheme) }
                }
                "hg" => {
                    ask(&mut url.query, &["rev", "ref"]);
                    format!("hg+{}", url.scheme)
                }
                _ => {
                    ask(&mut url.query, &["narHash"]);
                    url.scheme.to_owned()
                }
            };
            Ok(url.under(&scheme))
        }
    }
}
