//! Derivations: their text in the store, and the hash that determines their outputs' paths.

use std::collections::{BTreeMap, BTreeSet};

use super::hash::{Algorithm, Hash};
use super::path::{self, Method};

/// An output of a derivation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::eval) enum Output {
    /// An output whose path depends on the inputs; the path is empty until it is known.
    Path(String),
    /// An output whose content hash is fixed in advance.
    Fixed(Method, Hash),
}

/// A derivation. Fields that Nix stores as bytes may hold any bytes.
#[derive(Debug, Clone, Default)]
pub(in crate::eval) struct Derivation {
    pub(in crate::eval) name: String,
    pub(in crate::eval) outputs: BTreeMap<String, Output>,
    /// Other derivations, with the outputs that this one uses.
    pub(in crate::eval) input_derivations: BTreeMap<String, BTreeSet<String>>,
    pub(in crate::eval) input_sources: BTreeSet<String>,
    pub(in crate::eval) system: Vec<u8>,
    pub(in crate::eval) builder: Vec<u8>,
    pub(in crate::eval) arguments: Vec<Vec<u8>>,
    pub(in crate::eval) environment: BTreeMap<Vec<u8>, Vec<u8>>,
    /// `__json`: the attributes of a derivation with structured attributes.
    pub(in crate::eval) structured: Option<Vec<u8>>,
}

/// The hash that represents a derivation in those that use it.
#[derive(Debug, Clone)]
pub(in crate::eval) enum Modulo {
    /// The hash of its only output: how it is built does not affect its users.
    Fixed(Hash),
    /// The hash of its text, with inputs replaced by their hashes.
    Text(Hash),
}

impl Modulo {
    fn hash(&self) -> &Hash {
        match self {
            Self::Fixed(hash) | Self::Text(hash) => hash,
        }
    }
}

impl Derivation {
    /// Its text in the store.
    pub(in crate::eval) fn to_aterm(&self) -> Vec<u8> {
        let inputs = self.input_derivations.iter().map(|(path, outputs)| (path.clone(), outputs.clone()));
        self.aterm(&inputs.collect())
    }

    fn aterm(&self, inputs: &BTreeMap<String, BTreeSet<String>>) -> Vec<u8> {
        let mut out = b"Derive(".to_vec();
        list(&mut out, &self.outputs, |out, (name, output)| {
            let (path, method, hash) = match output {
                Output::Path(path) => (path.clone(), String::new(), String::new()),
                Output::Fixed(method, hash) => {
                    let prefix = match method {
                        Method::Flat => "",
                        Method::Recursive => "r:",
                    };
                    (self.fixed_path(name, *method, hash), format!("{prefix}{}", hash.algorithm.name()), hash.hex())
                }
            };
            tuple(out, [name.as_bytes(), path.as_bytes(), method.as_bytes(), hash.as_bytes()]);
        });
        out.push(b',');
        list(&mut out, inputs, |out, (path, outputs)| {
            out.push(b'(');
            string(out, path.as_bytes());
            out.push(b',');
            list(out, outputs, |out, output| string(out, output.as_bytes()));
            out.push(b')');
        });
        out.push(b',');
        list(&mut out, &self.input_sources, |out, path| string(out, path.as_bytes()));
        out.push(b',');
        // Nix does not escape this one.
        out.push(b'"');
        out.extend_from_slice(&self.system);
        out.push(b'"');
        out.push(b',');
        string(&mut out, &self.builder);
        out.push(b',');
        list(&mut out, &self.arguments, |out, argument| string(out, argument));
        out.push(b',');
        let mut environment: BTreeMap<&[u8], &[u8]> =
            self.environment.iter().map(|(name, value)| (name.as_slice(), value.as_slice())).collect();
        if let Some(json) = &self.structured {
            environment.insert(b"__json", json);
        }
        list(&mut out, &environment, |out, (name, value)| {
            tuple(out, [*name, *value]);
        });
        out.push(b')');
        out
    }

    fn fixed_path(&self, output: &str, method: Method, hash: &Hash) -> String {
        // The name was validated when the derivation was created.
        path::fixed(&path::output_name(&self.name, output), method, hash).unwrap_or_default()
    }

    /// The path of an output, if it is known.
    pub(in crate::eval) fn output_path(&self, name: &str) -> Option<String> {
        match self.outputs.get(name)? {
            Output::Path(path) => Some(path.clone()),
            Output::Fixed(method, hash) => Some(self.fixed_path(name, *method, hash)),
        }
    }

    /// The hash that represents this derivation; `of_input` returns those of its inputs. The outputs' paths are
    /// computed from it while they are still empty.
    pub(in crate::eval) fn hash_modulo<'a, E>(
        &self,
        mut of_input: impl FnMut(&str) -> Result<&'a Modulo, E>,
    ) -> Result<Modulo, E> {
        if let [(name, Output::Fixed(method, hash))] = self.outputs.iter().collect::<Vec<_>>().as_slice() {
            let prefix = match method {
                Method::Flat => "",
                Method::Recursive => "r:",
            };
            let (algorithm, digest) = (hash.algorithm.name(), hash.hex());
            let path = self.fixed_path(name, *method, hash);
            let text = format!("fixed:out:{prefix}{algorithm}:{digest}:{path}");
            return Ok(Modulo::Fixed(Hash::of(Algorithm::Sha256, text.as_bytes())));
        }
        let mut inputs = BTreeMap::<String, BTreeSet<String>>::new();
        for (path, outputs) in &self.input_derivations {
            let hash = of_input(path)?.hash().hex();
            inputs.entry(hash).or_default().extend(outputs.iter().cloned());
        }
        Ok(Modulo::Text(Hash::of(Algorithm::Sha256, &self.aterm(&inputs))))
    }

    /// Fills in the paths of its outputs, which must be empty.
    pub(in crate::eval) fn fill_outputs(&mut self, hash: &Modulo) -> Result<(), String> {
        for (name, output) in &mut self.outputs {
            if let Output::Path(filled) = output {
                let path = path::output(name, hash.hash(), &self.name)?;
                self.environment.insert(name.clone().into_bytes(), path.clone().into_bytes());
                *filled = path;
            }
        }
        Ok(())
    }

    /// Its own store path.
    pub(in crate::eval) fn store_path(&self) -> Result<String, String> {
        let references = self.input_sources.iter().chain(self.input_derivations.keys()).map(String::as_str);
        let hash = Hash::of(Algorithm::Sha256, &self.to_aterm());
        path::text(&format!("{}.drv", self.name), &hash, references)
    }
}

fn list<T>(out: &mut Vec<u8>, items: impl IntoIterator<Item = T>, mut each: impl FnMut(&mut Vec<u8>, T)) {
    out.push(b'[');
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        each(out, item);
    }
    out.push(b']');
}

fn tuple<const N: usize>(out: &mut Vec<u8>, parts: [&[u8]; N]) {
    out.push(b'(');
    for (index, part) in parts.into_iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        string(out, part);
    }
    out.push(b')');
}

fn string(out: &mut Vec<u8>, bytes: &[u8]) {
    out.push(b'"');
    for byte in bytes {
        match byte {
            b'"' | b'\\' => out.extend([b'\\', *byte]),
            b'\n' => out.extend(b"\\n"),
            b'\r' => out.extend(b"\\r"),
            b'\t' => out.extend(b"\\t"),
            _ => out.push(*byte),
        }
    }
    out.push(b'"');
}
