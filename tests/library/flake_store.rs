//! Locked flake inputs, and flakes requested by their hash, as found in the store.
//!
//! The store is a directory of the test that is shown at `/nix/store`. A tree's store path follows from its hash, which this
//! test computes from the NAR on its own.

use std::fs;
use std::path::{Path, PathBuf};

use container_rebuild::eval::{Arena, Evaluator, Settings, source_path};
use container_rebuild::host::files::RealFiles;
use container_rebuild::host::git::RevisionFiles;
use container_rebuild::modules::Guests;
use container_rebuild::modules::hosts::Hosts;
use container_rebuild::source::{Files, MovedFiles, SourceMap};
use sha2::{Digest as _, Sha256};

/// Appends a string in NAR form: its length, its bytes, and zeros up to a multiple of eight bytes.
fn archived(text: &[u8], into: &mut Vec<u8>) {
    into.extend((text.len() as u64).to_le_bytes());
    into.extend(text);
    into.extend(vec![0; text.len().next_multiple_of(8) - text.len()]);
}

/// Appends the NAR of a directory of plain files.
fn archive(path: &Path, into: &mut Vec<u8>) {
    let words = |words: &[&str], into: &mut Vec<u8>| words.iter().for_each(|word| archived(word.as_bytes(), into));
    words(&["("], into);
    if path.is_dir() {
        words(&["type", "directory"], into);
        let mut names: Vec<_> =
            fs::read_dir(path).expect("a directory").map(|entry| entry.expect("one").file_name()).collect();
        names.sort();
        for name in names {
            words(&["entry", "(", "name", name.to_str().expect("text"), "node"], into);
            archive(&path.join(&name), into);
            words(&[")"], into);
        }
    } else {
        words(&["type", "regular", "contents"], into);
        archived(&fs::read(path).expect("a file"), into);
    }
    words(&[")"], into);
}

/// A store with trees, and a flake beside it.
struct World {
    directory: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        fs::create_dir_all(directory.path().join("store")).expect("a directory");
        Self { directory }
    }

    fn write(&self, file: &str, text: &str) {
        let file = self.directory.path().join(file);
        fs::create_dir_all(file.parent().expect("a directory")).expect("a directory");
        fs::write(file, text).expect("written");
    }

    /// Adds a tree to the store, and returns its hash.
    fn tree(&self, files: &[(&str, &str)]) -> String {
        for (file, text) in files {
            self.write(&format!("tree/{file}"), text);
        }
        let tree = self.directory.path().join("tree");
        let mut bytes = Vec::new();
        archived(b"nix-archive-1", &mut bytes);
        archive(&tree, &mut bytes);
        let hash = format!("sha256-{}", data_encoding::BASE64.encode(&Sha256::digest(&bytes)));
        let stored = source_path(&hash).expect("a hash");
        let name = Path::new(&stored).file_name().expect("a name").to_owned();
        fs::rename(tree, self.directory.path().join("store").join(name)).expect("moved");
        hash
    }

    fn flake(&self) -> PathBuf {
        self.directory.path().join("flake")
    }

    /// Shows the store at `/nix/store`, and everything else where it is.
    fn files(&self) -> MovedFiles<'static> {
        MovedFiles::new(&RealFiles, self.directory.path().join("store"), "/nix/store", None)
    }

    /// The flags of the container `c` on the flake's host `h`.
    fn flags(&self) -> Vec<serde_json::Value> {
        self.flags_in(&self.files())
    }

    /// The flags of the container `c`, read through `files`.
    fn flags_in(&self, files: &dyn Files) -> Vec<serde_json::Value> {
        let (arena, sources) = (Arena::new(), SourceMap::default());
        let settings = Settings { unknowns: true, ..Settings::default() };
        let mut ev = Evaluator::new(&arena, files, &sources, settings);
        let flake = Hosts::of_flake(&mut ev, &self.flake(), &[]).expect("the flake evaluates");
        let host = flake.evaluate(&mut ev, "h", Guests::None).expect("the host evaluates");
        let json = host.manifest.to_json();
        json["containers"]["c"]["extraFlags"].as_array().expect("a list").clone()
    }
}

/// A flake with a host whose container has these flags.
fn flake(inputs: &str, flags: &str) -> String {
    format!(
        r#"{{
  inputs = {{ nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable"; {inputs} }};
  outputs = {{ self, nixpkgs, ... }}@inputs: {{
    nixosConfigurations.h = nixpkgs.lib.nixosSystem {{
      modules = [ ({{ lib, ... }}: {{ containers.c = {{ config = {{ }}; extraFlags = [ {flags} ]; }}; }}) ];
    }};
  }};
}}"#
    )
}

#[test]
fn locked_inputs_come_from_the_store() {
    let world = World::new();
    let inner = world.tree(&[("flake.nix", r#"{ outputs = _: { lib.name = "inner"; }; }"#)]);
    let outer = world.tree(&[
        ("flake.nix", "{ outputs = _: { lib.name = \"wrong directory\"; }; }"),
        (
            "sub/flake.nix",
            r#"{ inputs.inner.url = "github:o/inner"; outputs = { self, inner, ... }: { lib.names = [ inner.lib.name (import ./part.nix) self.shortRev ]; }; }"#,
        ),
        ("sub/part.nix", "\"part\""),
    ]);
    let plain = world.tree(&[("data.json", r#"{ "a": "plain" }"#)]);
    let lock = serde_json::json!({
        "version": 7,
        "root": "root",
        "nodes": {
            "root": { "inputs": { "nixpkgs": "nixpkgs", "outer": "outer", "plain": "plain", "gone": "gone", "same": ["outer", "inner"] } },
            "nixpkgs": {
                "locked": { "type": "github", "owner": "NixOS", "repo": "nixpkgs", "rev": "0123456789abcdef0123456789abcdef01234567",
                            "lastModified": 1_700_000_000, "narHash": "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" },
                "original": { "type": "github", "owner": "NixOS", "repo": "nixpkgs" },
            },
            "outer": { "inputs": { "inner": "inner" }, "locked": { "type": "github", "dir": "sub", "narHash": outer,
                       "rev": "fedcba9876543210fedcba9876543210fedcba98", "lastModified": 0 } },
            "inner": { "locked": { "type": "github", "narHash": inner, "rev": "1111111111111111111111111111111111111111", "lastModified": 951_782_400 } },
            "plain": { "flake": false, "locked": { "type": "tarball", "narHash": plain } },
            "gone": { "locked": { "type": "github", "narHash": "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "rev": "2222222222222222222222222222222222222222" } },
        },
    });
    world.write("flake/flake.lock", &lock.to_string());
    world.write(
        "flake/flake.nix",
        &flake(
            r#"outer.url = "github:o/outer?dir=sub"; plain = { url = "https://example.org/x.tar.gz"; flake = false; };
               gone.url = "github:o/gone"; same.follows = "outer/inner";"#,
            r#"(toString inputs.outer.lib.names) (lib.importJSON "${inputs.plain}/data.json").a inputs.same.lib.name
               inputs.same.lastModifiedDate nixpkgs.shortRev nixpkgs.sourceInfo.lastModifiedDate inputs.plain.narHash
               (toString inputs.outer) inputs.gone.lib.name"#,
        ),
    );
    let flags = world.flags();
    let stored = format!("{}/sub", source_path(&outer).expect("a hash"));
    let expected =
        ["inner part fedcba9", "plain", "inner", "20000229000000", "0123456", "20231114221320", &plain, &stored];
    for (flag, expected) in flags.iter().zip(expected) {
        assert_eq!(flag, expected);
    }
    assert_eq!(flags[8]["_unknown"]["reason"], "the flake input `gone` is not here");
}

#[test]
fn a_tree_of_another_hash_is_not_taken() {
    let world = World::new();
    let hash = world.tree(&[("flake.nix", r#"{ outputs = _: { lib.name = "first"; }; }"#)]);
    let other = world.tree(&[("flake.nix", r#"{ outputs = _: { lib.name = "second"; }; }"#)]);
    assert_ne!(hash, other);
    for (pinned, expected) in [(&hash, "first"), (&other, "second")] {
        let lock = serde_json::json!({
            "version": 7,
            "root": "root",
            "nodes": { "root": { "inputs": { "dep": "dep" } }, "dep": { "locked": { "type": "github", "narHash": pinned } } },
        });
        world.write("flake/flake.lock", &lock.to_string());
        world.write("flake/flake.nix", &flake(r#"dep.url = "github:o/dep";"#, "inputs.dep.lib.name"));
        assert_eq!(world.flags(), [expected]);
    }
}

#[test]
fn a_revision_has_the_inputs_that_its_own_lock_file_pins() {
    let world = World::new();
    let pin = |version: &str| {
        let text = format!("{{ outputs = _: {{ lib.name = \"{version}\"; }}; }}");
        let hash = world.tree(&[("flake.nix", &text)]);
        let lock = serde_json::json!({
            "version": 7,
            "root": "root",
            "nodes": { "root": { "inputs": { "dep": "dep" } }, "dep": { "locked": { "type": "github", "narHash": hash } } },
        });
        world.write("flake/flake.lock", &lock.to_string());
    };
    world.write("flake/flake.nix", &flake(r#"dep.url = "github:o/dep";"#, "inputs.dep.lib.name"));
    pin("old");
    let repository = git2::Repository::init(world.flake()).expect("a repository");
    let mut index = repository.index().expect("an index");
    index.add_all(["*"], git2::IndexAddOption::DEFAULT, None).expect("added");
    let tree = repository.find_tree(index.write_tree().expect("a tree")).expect("a tree");
    let author = git2::Signature::now("test", "test@localhost").expect("a signature");
    repository.commit(Some("HEAD"), &author, &author, "", &tree, &[]).expect("a commit");
    pin("new");
    let before = RevisionFiles::open(&world.flake(), "HEAD", Box::new(world.files())).expect("the revision");
    assert_eq!(world.flags_in(&before), ["old"]);
    assert_eq!(world.flags(), ["new"]);
    // Each side reads its own lock file, and the new side has none now.
    fs::remove_file(world.flake().join("flake.lock")).expect("removed");
    assert_eq!(world.flags()[0]["_unknown"]["reason"], "the flake input `dep` is not here");
    assert_eq!(world.flags_in(&before), ["old"]);
}

#[test]
fn get_flake_takes_directories_and_what_the_store_has() {
    let world = World::new();
    let hash =
        world.tree(&[("flake.nix", r#"{ outputs = { self }: { lib.name = "stored"; lib.rev = self.rev; }; }"#)]);
    world.write(
        "other/flake.nix",
        r#"{ inputs.beside.url = "path:./beside"; outputs = { self, beside }: { lib.name = "other and ${beside.lib.name}"; }; }"#,
    );
    world.write("other/beside/flake.nix", r#"{ outputs = _: { lib.name = "beside"; }; }"#);
    let revision = "0123456789abcdef0123456789abcdef01234567";
    let other = world.directory.path().join("other");
    let flags = format!(
        r#"(builtins.getFlake "github:o/r/{revision}?narHash={hash}").lib.name (builtins.getFlake "github:o/r/{revision}?narHash={hash}").lib.rev
           (builtins.getFlake "{other}").lib.name (builtins.getFlake "path:{other}?dir=beside").lib.name (builtins.getFlake "github:o/r").lib.name"#,
        other = other.display()
    );
    world.write("flake/flake.nix", &flake("", &flags));
    let flags = world.flags();
    assert_eq!(flags[..4], ["stored", revision, "other and beside", "beside"]);
    assert_eq!(flags[4]["_unknown"]["reason"], "the flake 'github:o/r' is not here");
}
