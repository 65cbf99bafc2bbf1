//! Imports of missing files: an error inside the checkout, where Nix sees the same as we do, and a finding outside it.

use crate::program::{CommandOutput, Directory};

/// A configuration with these imports.
fn importing(imports: &str) -> String {
    format!(
        "{{ lib, ... }}: {{\n  imports = {imports};\n  containers.a = {{ autoStart = true; config = {{ }}; }};\n  \
         networking.hostName = \"h\"; system.stateVersion = \"25.05\";\n}}\n"
    )
}

/// Checks that each import is refused at its location, and that nothing is printed.
fn refuses(said: &CommandOutput, line: &str, file: &str) {
    let message = format!("error[missing-module]: the module {file} does not exist");
    let is_it =
        |it: &str| it.strip_prefix(line).is_some_and(|rest| rest.starts_with(':') && rest.ends_with(&message));
    assert!(said.code == Some(1) && said.err.lines().any(is_it), "{line}: {message}\n{said}");
    assert!(said.out.is_empty(), "{said}");
}

#[test]
fn every_command_refuses_an_import_that_is_not_in_the_checkout() {
    for (imports, file) in [
        ("[ ./gone.nix ]", "gone.nix"),
        ("[ (./. + \"/gone.nix\") ]", "gone.nix"),
        ("map (name: ./. + \"/${name}.nix\") [ \"there\" \"gone\" ]", "gone.nix"),
        ("[ ./empty ]", "empty/default.nix"),
        ("[ ./empty/../gone.nix ]", "gone.nix"),
        ("[ \"${./empty}/gone.nix\" ]", "empty/gone.nix"),
        ("[ { imports = [ ./gone.nix ]; } ]", "gone.nix"),
    ] {
        let directory = Directory::with(&[("host.nix", &importing(imports)), ("there.nix", "{ }")]);
        std::fs::create_dir(directory.path().join("empty")).expect("a directory");
        for command in ["eval", "check", "plan", "firewall"] {
            let said = directory.run(&[command, "host.nix"]);
            refuses(&said, "host.nix:2", file);
        }
    }
}

#[test]
fn a_literal_is_shown_where_it_is_written() {
    let module = "{ lib, ... }: {\n  imports = [\n    ./there.nix\n    ./one.nix\n    # ./two.nix\n    ./two.nix\n  ] ++ lib.optional true\n    \
                  ./sub/../three.nix;\n}\n";
    let directory = Directory::with(&[("host.nix", module), ("there.nix", "{ }")]);
    let said = directory.run(&["eval", "host.nix"]);
    for (line, file) in [("host.nix:4:5", "one.nix"), ("host.nix:6:5", "two.nix"), ("host.nix:8:5", "three.nix")] {
        refuses(&said, line, file);
    }
}

#[test]
fn what_lies_elsewhere_or_is_asked_about_first_is_none() {
    for imports in [
        "[ /nowhere/hardware-configuration.nix ]",
        "[ <home-manager/nixos> ]",
        "[ ../../nowhere/x.nix ]",
        "[ ./link.nix ]",
        "lib.optional (builtins.pathExists ./gone.nix) ./gone.nix",
        "lib.optional (<nowhere> == 1) ./gone.nix",
        "lib.optional false ./gone.nix",
    ] {
        let directory = Directory::with(&[("host.nix", &importing(imports))]);
        std::os::unix::fs::symlink("/nowhere/x.nix", directory.path().join("link.nix")).expect("a link");
        let said = directory.run(&["eval", "host.nix"]);
        assert!(said.code == Some(0) && !said.err.contains("error["), "{imports}: {said}");
    }
}

#[test]
fn a_guest_lacks_no_file_of_the_checkout_either() {
    let host = "{\n  containers.a.config = {\n    imports = [ ./gone.nix ];\n  };\n  containers.b.config = ./gone/b.nix;\n  \
                containers.c.config = { lib, ... }: {\n    imports = [ { imports = [ ./c.nix ]; } ]; };\n  \
                containers.d.config.imports = [ <nowhere/x.nix> /nowhere/x.nix ];\n}\n";
    let directory = Directory::with(&[("host.nix", host)]);
    for command in [&["check", "host.nix"][..], &["plan", "host.nix"], &["eval", "--guest", "host.nix"]] {
        let said = directory.run(command);
        for (place, file) in [("host.nix:3", "gone.nix"), ("host.nix:5", "gone/b.nix"), ("host.nix:7", "c.nix")] {
            refuses(&said, place, file);
        }
        assert_eq!(said.err.matches("does not exist\n").count(), 3, "{said}");
    }
}

#[test]
fn a_flake_consists_of_what_git_tracks() {
    let outputs = "nixosConfigurations.h = nixpkgs.lib.nixosSystem { modules = [\n    ./m.nix ]; };";
    let flake = format!("{{ inputs.nixpkgs.url = \"nixpkgs\"; outputs = {{ self, nixpkgs }}: {{ {outputs} }}; }}");
    let module = importing("[ ./untracked.nix ./gone.nix \"${<nowhere>}/x.nix\" ]");
    let directory = Directory::with(&[("flake.nix", &flake), ("m.nix", &module), ("untracked.nix", "{ }")]);
    refuses(&directory.run(&["eval", "."]), "m.nix:2", "gone.nix");
    std::fs::rename(directory.path().join("m.nix"), directory.path().join("n.nix")).expect("renamed");
    refuses(&directory.run(&["eval", "."]), "flake.nix:2:5", "m.nix");
    std::fs::rename(directory.path().join("n.nix"), directory.path().join("m.nix")).expect("renamed");
    let repository = git2::Repository::init(directory.path()).expect("a repository");
    let mut index = repository.index().expect("an index");
    for file in ["flake.nix", "m.nix"] {
        index.add_path(std::path::Path::new(file)).expect("added");
    }
    index.write().expect("written");
    for command in ["eval", "check"] {
        let said = directory.run(&[command, "."]);
        refuses(&said, "m.nix:2", "gone.nix");
        refuses(&said, "m.nix:2", "untracked.nix");
        assert!(said.err.contains("not tracked by git"), "{said}");
    }
}
