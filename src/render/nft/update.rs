//! Turns the table that is loaded into another one, without touching what both have.
//!
//! If a table is deleted and defined again in one transaction, connections get lost: for a moment, a packet can pass the new chain
//! before it is valid, and then the old one when it no longer is. What is in both tables is valid throughout, and its counters go on.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use super::differences::{declaration, elements};
use super::isolation::Before;
use super::objects::{self, Table};
use super::parts::TABLE;
use super::ruleset::Ruleset;
use super::text;

impl Ruleset {
    /// The commands for `nft -f` that turn the table in `listed` (the output of `nft -j list table`) into this one; empty if it is
    /// this one already. Elements that are new begin with what was counted `before`.
    ///
    /// `None` if the table must be replaced as a whole: there is none, there should be none, or something in it is declared in
    /// another way.
    pub fn update(&self, listed: &Value, before: &Before) -> Option<String> {
        let wanted = Table::new(self, before);
        let (former, objects) = (Loaded::read(listed)?, wanted.0.iter().map(objects::object).collect::<Vec<_>>());
        let next = Loaded::of(&objects)?;
        if next.declared.is_empty() {
            return None;
        }
        // Rules go first: they refer to maps and sets.
        let (mut rules, mut members, mut blocks, mut gone) =
            (String::new(), String::new(), Vec::new(), String::new());
        for (name, (kind, body)) in former.declared.iter().filter(|(name, _)| !next.declared.contains_key(*name)) {
            match *kind {
                "chain" => writeln!(rules, "flush chain inet {TABLE} {name}\ndelete chain inet {TABLE} {name}"),
                _ => writeln!(gone, "delete {} inet {TABLE} {}", kind, body["name"].as_str()?),
            }
            .ok()?;
        }
        for object in &objects {
            let Some((kind, body, name)) = named(object).filter(|(kind, ..)| *kind != "rule") else { continue };
            let Some((former_kind, former_body)) = former.declared.get(name) else {
                blocks.extend(text::block(object, &wanted));
                continue;
            };
            if declaration(former_kind, former_body) != declaration(kind, body) {
                return None;
            }
            if kind != "chain" {
                change_elements(&mut members, name, former_body, body);
            } else if former.rules.get(name) != next.rules.get(name) {
                writeln!(rules, "flush chain inet {TABLE} {name}").ok()?;
                blocks.extend(text::block(object, &wanted));
            }
        }
        let table = if blocks.is_empty() { String::new() } else { text::table(blocks) };
        Some([rules, members, gone, table].concat())
    }
}

/// The objects of a table.
#[derive(Default)]
struct Loaded<'a> {
    /// The kind and the properties of the maps, sets and chains by their names.
    declared: BTreeMap<&'a str, (&'a str, &'a Value)>,
    /// The rules of each chain.
    rules: BTreeMap<&'a str, Vec<String>>,
}

impl<'a> Loaded<'a> {
    /// Reads a listing; `None` if it has no table in use, or an object of a kind that we never load.
    fn read(listed: &'a Value) -> Option<Self> {
        let objects = listed.get("nftables")?.as_array()?;
        let table = objects.iter().find_map(|object| object.get("table"))?;
        // A dormant table has no effect.
        let is_plain = table.get("flags").is_none();
        let rest =
            objects.iter().filter(|object| object.get("table").is_none() && object.get("metainfo").is_none());
        Self::of(rest).filter(|_| is_plain)
    }

    fn of(objects: impl IntoIterator<Item = &'a Value>) -> Option<Self> {
        let mut loaded = Self::default();
        for object in objects {
            let (kind, body, name) = named(object)?;
            match kind {
                "map" | "set" | "chain" => _ = loaded.declared.insert(name, (kind, body)),
                "rule" => {
                    let chain = body["chain"].as_str()?;
                    loaded.rules.entry(chain).or_default().push(text::statements_text(&body["expr"]));
                }
                _ => return None,
            }
        }
        Some(loaded)
    }
}

/// The kind, the properties and the name of an object. A rule has no name.
fn named(object: &Value) -> Option<(&str, &Value, &str)> {
    let (kind, body) = object.as_object()?.iter().next()?;
    Some((kind, body, body["name"].as_str().unwrap_or_default()))
}

/// Writes the commands that change the elements of a map or set.
fn change_elements(commands: &mut String, name: &str, former: &Value, wanted: &Value) {
    let (former, wanted) = (Members::of(former), Members::of(wanted));
    let gone = former.0.iter().filter(|(element, with)| wanted.comment(element) != Some(&with.comment));
    let new = wanted.0.iter().filter(|(element, with)| former.comment(element) != Some(&with.comment));
    let gone: Vec<&str> = gone.map(|(element, _)| element.as_str()).collect();
    let new: Vec<&str> = new.map(|(_, with)| with.text.as_str()).collect();
    for (verb, elements) in [("delete", gone), ("add", new)] {
        if !elements.is_empty() {
            commands.push_str(&format!("{verb} element inet {TABLE} {name} {{ {} }}\n", elements.join(", ")));
        }
    }
}

/// The elements of a map or set, by what identifies them: the key, and the value of a map.
struct Members(BTreeMap<String, Member>);

struct Member {
    comment: Option<String>,
    /// The element as it is loaded, with comment and counter.
    text: String,
}

impl Members {
    fn of(body: &Value) -> Self {
        let whole = match body.get("elem") {
            Some(Value::Array(elements)) => elements.clone(),
            Some(one) => vec![one.clone()],
            None => Vec::new(),
        };
        let comments: Vec<_> = whole.iter().map(|it| it["elem"]["comment"].as_str().map(str::to_owned)).collect();
        let bare = text::element_texts(body, elements(body));
        let members = comments.into_iter().zip(text::element_texts(body, whole));
        Self(bare.into_iter().zip(members.map(|(comment, text)| Member { comment, text })).collect())
    }

    fn comment(&self, element: &str) -> Option<&Option<String>> {
        self.0.get(element).map(|member| &member.comment)
    }
}
