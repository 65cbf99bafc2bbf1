//! Finds out which file uses what: the `use` declarations and paths of the source, resolved to the files that define the names.
//!
//! Re-exports are followed, and code under `#[cfg(test)]` is ignored. Not seen: methods, which need no path, and names that only a
//! macro's expansion contains.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use syn::buffer::{Cursor, TokenBuffer};
use syn::visit::{self, Visit};

/// The names of a module, from the crate's root down: `["plan", "diff"]`.
pub(crate) type ModulePath = Vec<String>;

/// What a path leads to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Target {
    /// A file of ours, by its module.
    File(ModulePath),
    /// Another crate, with the whole path.
    Outside(Vec<String>),
}

/// One use of a name.
#[derive(Debug, Clone)]
pub(crate) struct Use {
    /// What it leads to.
    pub(crate) target: Target,
    /// The modules that the path goes through, which includes those that only re-export.
    pub(crate) through: BTreeSet<ModulePath>,
}

/// The modules of a crate.
#[derive(Debug, Default)]
pub(crate) struct Program {
    modules: BTreeMap<ModulePath, Module>,
}

#[derive(Debug, Default)]
struct Module {
    /// Whether it is a file, and not written inside another one.
    is_file: bool,
    /// The names that it declares.
    items: BTreeSet<String>,
    /// The names that `use` brings in, with their paths.
    names: BTreeMap<String, Vec<String>>,
    /// The modules whose names `use …::*` brings in.
    globs: Vec<Vec<String>>,
    /// All paths in its code.
    paths: BTreeSet<Vec<String>>,
}

/// How many re-exports a path may lead through.
const MOST_STEPS: usize = 20;

impl Program {
    /// Adds a file by its path below the directory of the source.
    pub(crate) fn add(&mut self, path: &Path, text: &str) {
        let parsed = syn::parse_file(text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut module: ModulePath =
            path.with_extension("").iter().map(|name| name.to_str().expect("UTF-8").to_owned()).collect();
        if module == ["lib"] || module.last().is_some_and(|name| name == "mod") {
            module.pop();
        }
        self.modules.entry(module.clone()).or_default().is_file = true;
        Reader { program: self, module }.visit_file(&parsed);
    }

    /// The modules that are files.
    pub(crate) fn files(&self) -> impl Iterator<Item = &ModulePath> {
        self.modules.iter().filter(|(_, module)| module.is_file).map(|(path, _)| path)
    }

    /// Everything that a file uses.
    pub(crate) fn uses(&self, file: &ModulePath) -> Vec<Use> {
        let own = self.modules.iter().filter(|(path, _)| self.file_of(path) == file.as_slice());
        let paths = own.flat_map(|(path, module)| module.paths.iter().map(move |used| (path, used)));
        paths.filter_map(|(path, used)| self.resolve(path, used, MOST_STEPS)).collect()
    }

    /// The files that each file uses, without itself.
    pub(crate) fn graph(&self) -> BTreeMap<&ModulePath, BTreeSet<ModulePath>> {
        let files_used = |file: &ModulePath| {
            let targets = self.uses(file).into_iter().filter_map(|used| match used.target {
                Target::File(target) => Some(target),
                Target::Outside(_) => None,
            });
            targets.filter(|target| target != file).collect()
        };
        self.files().map(|file| (file, files_used(file))).collect()
    }

    /// The file that holds a module: itself, or the one around it.
    fn file_of<'a>(&self, module: &'a [String]) -> &'a [String] {
        match self.modules.get(module) {
            Some(found) if !found.is_file && !module.is_empty() => self.file_of(&module[..module.len() - 1]),
            _ => module,
        }
    }

    /// Follows a path that is written in `module`.
    fn resolve(&self, module: &[String], path: &[String], steps: usize) -> Option<Use> {
        let (first, rest) = path.split_first()?;
        let up = path.iter().take_while(|name| *name == "super").count();
        match first.as_str() {
            "crate" => self.descend(&[], rest, steps),
            "self" => self.descend(module, rest, steps),
            "super" => self.descend(&module[..module.len().checked_sub(up)?], &path[up..], steps),
            "Self" => None,
            _ if self.knows(module, first) => self.descend(module, path, steps),
            _ => self
                .through_globs(module, path, steps)
                .or_else(|| Some(Use { target: Target::Outside(path.to_vec()), through: BTreeSet::new() })),
        }
    }

    /// Whether a module declares or imports a name.
    fn knows(&self, module: &[String], name: &str) -> bool {
        let known = |module: &Module| module.items.contains(name) || module.names.contains_key(name);
        self.modules.get(module).is_some_and(known) || self.child(module, name).is_some()
    }

    fn child(&self, module: &[String], name: &str) -> Option<ModulePath> {
        let child = [module, &[name.to_owned()]].concat();
        self.modules.contains_key(&child).then_some(child)
    }

    /// Follows a path from a module down.
    fn descend(&self, module: &[String], path: &[String], steps: usize) -> Option<Use> {
        let steps = steps.checked_sub(1)?;
        let found = match path {
            [] => None,
            [first, rest @ ..] => match self.child(module, first) {
                Some(child) => self.descend(&child, rest, steps),
                None => match self.modules.get(module).and_then(|found| found.names.get(first)) {
                    Some(target) => self.resolve(module, &[target.as_slice(), rest].concat(), steps),
                    None if self.knows(module, first) => None,
                    None => self.through_globs(module, path, steps),
                },
            },
        };
        let file = self.file_of(module).to_vec();
        let mut found =
            found.unwrap_or_else(|| Use { target: Target::File(file.clone()), through: BTreeSet::new() });
        found.through.insert(file);
        Some(found)
    }

    /// Follows a path whose first name `use …::*` brings in.
    fn through_globs(&self, module: &[String], path: &[String], steps: usize) -> Option<Use> {
        let (first, steps) = (path.first()?, steps.checked_sub(1)?);
        let globs = &self.modules.get(module)?.globs;
        globs.iter().find_map(|glob| {
            let around = self.module_at(module, glob)?;
            self.knows(&around, first).then(|| self.descend(&around, path, steps)).flatten()
        })
    }

    /// The module that a path names, if it is one of ours.
    fn module_at(&self, module: &[String], path: &[String]) -> Option<ModulePath> {
        let up = path.iter().take_while(|name| *name == "super").count();
        let (base, rest): (&[String], &[String]) = match path.first()?.as_str() {
            "crate" => (&[], &path[1..]),
            "self" => (module, &path[1..]),
            _ => (&module[..module.len().checked_sub(up)?], &path[up..]),
        };
        let found = [base, rest].concat();
        self.modules.contains_key(&found).then_some(found)
    }
}

/// Collects the names and paths of one file.
struct Reader<'a> {
    program: &'a mut Program,
    module: ModulePath,
}

impl Reader<'_> {
    fn here(&mut self) -> &mut Module {
        self.program.modules.entry(self.module.clone()).or_default()
    }

    fn declare(&mut self, name: &syn::Ident) {
        let name = name.to_string();
        self.here().items.insert(name);
    }

    /// Reads a `use` declaration.
    fn import(&mut self, tree: &syn::UseTree, mut path: Vec<String>) {
        let (name, path) = match tree {
            syn::UseTree::Path(inner) => {
                path.push(inner.ident.to_string());
                return self.import(&inner.tree, path);
            }
            syn::UseTree::Group(group) => {
                return group.items.iter().for_each(|tree| self.import(tree, path.clone()));
            }
            syn::UseTree::Glob(_) => {
                self.here().globs.push(path.clone());
                path.push(String::from("*"));
                self.here().paths.insert(path);
                return;
            }
            // `use a::b::{self}`
            syn::UseTree::Name(name) if name.ident == "self" => (path.last().cloned().unwrap_or_default(), path),
            syn::UseTree::Name(name) => {
                path.push(name.ident.to_string());
                (name.ident.to_string(), path)
            }
            syn::UseTree::Rename(rename) => {
                if rename.ident != "self" {
                    path.push(rename.ident.to_string());
                }
                (rename.rename.to_string(), path)
            }
        };
        // `use name;` would lead to itself.
        if path.len() > 1 || path.last() != Some(&name) {
            self.here().names.insert(name, path.clone());
        }
        self.here().paths.insert(path);
    }

    /// Reads the paths in a macro's tokens, which are not parsed.
    fn tokens(&mut self, mut at: Cursor<'_>) {
        let mut path: Vec<String> = Vec::new();
        let mut colons = 0;
        while !at.eof() {
            if let Some((name, next)) = at.ident() {
                if colons != 2 {
                    self.finish(&mut path);
                }
                path.push(name.to_string());
                (at, colons) = (next, 0);
            } else if let Some((punct, next)) = at.punct()
                && punct.as_char() == ':'
            {
                (at, colons) = (next, colons + 1);
            } else {
                self.finish(&mut path);
                colons = 0;
                if let Some((inside, _, _, next)) = at.any_group() {
                    self.tokens(inside);
                    at = next;
                } else if let Some((_, next)) = at.token_tree() {
                    at = next;
                } else {
                    break;
                }
            }
        }
        self.finish(&mut path);
    }

    fn finish(&mut self, path: &mut Vec<String>) {
        let path = std::mem::take(path);
        if path.len() > 1 {
            self.here().paths.insert(path);
        }
    }
}

/// Whether something is compiled for tests only.
fn is_for_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Path>().is_ok_and(|condition| condition.is_ident("test"))
    })
}

impl Visit<'_> for Reader<'_> {
    fn visit_item(&mut self, item: &syn::Item) {
        use syn::Item;
        let (attributes, name) = match item {
            Item::Const(it) => (&it.attrs, Some(&it.ident)),
            Item::Enum(it) => (&it.attrs, Some(&it.ident)),
            Item::Fn(it) => (&it.attrs, Some(&it.sig.ident)),
            Item::Impl(it) => (&it.attrs, None),
            Item::Macro(it) => (&it.attrs, it.ident.as_ref()),
            Item::Mod(it) => (&it.attrs, None),
            Item::Static(it) => (&it.attrs, Some(&it.ident)),
            Item::Struct(it) => (&it.attrs, Some(&it.ident)),
            Item::Trait(it) => (&it.attrs, Some(&it.ident)),
            Item::Type(it) => (&it.attrs, Some(&it.ident)),
            Item::Union(it) => (&it.attrs, Some(&it.ident)),
            Item::Use(it) => (&it.attrs, None),
            _ => panic!("a kind of item that this test does not know, in `{}`", self.module.join("::")),
        };
        if is_for_tests(attributes) {
            return;
        }
        if let Some(name) = name {
            self.declare(name);
        }
        visit::visit_item(self, item);
    }

    fn visit_impl_item(&mut self, item: &syn::ImplItem) {
        let attributes = match item {
            syn::ImplItem::Fn(it) => &it.attrs,
            syn::ImplItem::Const(it) => &it.attrs,
            _ => &Vec::new(),
        };
        if !is_for_tests(attributes) {
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, item: &syn::ItemMod) {
        let Some((_, items)) = &item.content else { return };
        self.module.push(item.ident.to_string());
        self.here();
        items.iter().for_each(|item| self.visit_item(item));
        self.module.pop();
    }

    fn visit_item_use(&mut self, item: &syn::ItemUse) {
        self.import(&item.tree, Vec::new());
    }

    fn visit_path(&mut self, path: &syn::Path) {
        let names: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if names.len() > 1 {
            self.here().paths.insert(names);
        }
        visit::visit_path(self, path);
    }

    fn visit_visibility(&mut self, _: &syn::Visibility) {}

    fn visit_attribute(&mut self, _: &syn::Attribute) {}

    fn visit_macro(&mut self, invocation: &syn::Macro) {
        self.visit_path(&invocation.path);
        let tokens = TokenBuffer::new2(invocation.tokens.clone());
        self.tokens(tokens.begin());
    }
}
