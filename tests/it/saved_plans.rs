//! Plans in files, as the commands write and refuse them.

use std::path::Path;

use container_rebuild::model::ContainerName;
use container_rebuild::plan::saved::Saved;

use crate::program::Directory;

#[test]
fn the_commands_keep_and_refuse_files() {
    let directory = Directory::with(&[("host.nix", "{ containers.web.path = \"/nix/store/x\"; }")]);
    let said = directory.run(&[
        "plan",
        "--out",
        "plan.json",
        "--only",
        "web",
        "-I",
        "x=lib",
        "host.nix",
        "--option",
        "access-tokens",
        "secret",
        "--option",
        "max-call-depth",
        "5000",
    ]);
    assert_eq!(said.code, Some(0), "{said}");
    let text = std::fs::read_to_string(directory.path().join("plan.json")).expect("written");
    let saved: Saved = serde_json::from_str(&text).expect("a plan");
    let here = directory.path().canonicalize().expect("a path");
    assert_eq!(Path::new(&saved.source.config), here.join("host.nix"));
    assert_eq!(saved.source.include, [format!("x={}", here.join("lib").display())]);
    assert_eq!(saved.source.settings, [("max-call-depth".to_owned(), "5000".to_owned())]);
    assert!(!text.contains("secret"), "{text}");
    assert_eq!(saved.only, Some(vec![ContainerName::new("web").expect("a good name")]));
    // A plan whose old side is not this host cannot be carried out here.
    let said = directory.run(&["plan", "--from", "host.nix", "--out", "plan.json", "host.nix"]);
    assert_eq!(said.code, Some(1), "{said}");
    let said = directory.run(&["switch", "--plan", "plan.json", "host.nix"]);
    assert!(said.code == Some(1) && said.err.contains("cannot be used with"), "{said}");
}

#[test]
fn only_a_file_of_plan_is_taken() {
    let directory = Directory::with(&[("host.nix", "{ }")]);
    let Some(said) = directory.run_as_root(&["switch", "--yes", "--plan", "host.nix"]) else { return };
    assert!(said.code == Some(1) && said.err.contains("pass a file that `plan --out FILE` wrote"), "{said}");
}
