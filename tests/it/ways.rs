//! Different ways to call NixOS and to name a host: all lead to the same hosts.

use crate::program::{CommandOutput, Directory};

/// A module with one container; the host sets its platform.
const MODULE: &str = r#"{ pkgs, ... }: {
  containers.c = { config = { }; extraFlags = [ pkgs.stdenv.hostPlatform.system ]; };
  nixpkgs.hostPlatform = "x86_64-linux";
}"#;

fn model(said: &CommandOutput) -> serde_json::Value {
    assert_eq!(said.code, Some(0), "{said}");
    serde_json::from_str(&said.out).expect("JSON")
}

/// A flake with these outputs.
fn flake(outputs: &str) -> String {
    format!(
        "{{ inputs.nixpkgs.url = \"nixpkgs\"; inputs.other.url = \"github:some/other\";\n  \
         outputs = {{ self, nixpkgs, other }}: {outputs}; }}"
    )
}

#[test]
fn every_way_into_nixos_makes_a_host() {
    let ways = [
        r#"nixpkgs.lib.nixosSystem { modules = [ ./m.nix ]; }"#,
        r#"import (pkgs.path + "/nixos/lib/eval-config.nix") { system = null; modules = [ ./m.nix ]; }"#,
        r#"import "${nixpkgs}/nixos/lib/eval-config.nix" { modules = [ ./m.nix ]; }"#,
        r#"import "${nixpkgs}/nixos" { configuration = ./m.nix; }"#,
        r#"import "${pkgs.path}/nixos/default.nix" { configuration.imports = [ ./m.nix ]; system = "x86_64-linux"; }"#,
        r#"pkgs.nixos ./m.nix"#,
        r#"pkgs.nixos [ ./m.nix ]"#,
        r#"(import nixpkgs { system = "x86_64-linux"; }).pkgs.nixos { imports = [ ./m.nix ]; }"#,
        r#"pkgs.lib.nixosSystem { modules = [ ./m.nix ]; }"#,
        r#"(nixpkgs.lib.extend (_: _: { })).nixosSystem { modules = [ ./m.nix ]; }"#,
        r#"nixpkgs.lib.nixosSystem { modules = [ m ]; extraArgs.m = 1; extraModules = [ ({ m, ... }: { networking.hostName = "h${toString m}"; }) ]; }"#,
    ];
    let hosts: String = ways.iter().enumerate().map(|(n, way)| format!("h{n} = {way};\n")).collect();
    let outputs = format!(
        "let pkgs = nixpkgs.legacyPackages.x86_64-linux; m = ./m.nix; in {{ nixosConfigurations = {{ {hosts} }}; }}"
    );
    let directory = Directory::with(&[("flake.nix", &flake(&outputs)), ("m.nix", MODULE)]);
    let all = model(&directory.run(&["eval", "--all-hosts", "."]));
    let hosts = all["hosts"].as_object().expect("hosts");
    assert_eq!(hosts.len(), ways.len());
    for (name, host) in hosts {
        assert_eq!(host["containers"]["c"]["extraFlags"], serde_json::json!(["x86_64-linux"]), "{name}");
    }
}

#[test]
fn packages_that_are_given_are_those_that_modules_get() {
    let module = r#"{ lib, pkgs, ... }: {
      containers.c = {
        extraFlags = [ pkgs.stdenv.hostPlatform.system pkgs.own ];
        config = { pkgs, ... }: { networking.domain = "${pkgs.stdenv.hostPlatform.system}"; networking.hostId = pkgs.own; };
      };
    }"#;
    // NixOS calls `appendOverlays` of the given packages, even without an overlay.
    let given = |own: &str| {
        format!(
            "nixpkgs.legacyPackages.aarch64-linux // {{ appendOverlays = overlays: {own} // {{ inherit (pkgs) stdenv; }}; }}"
        )
    };
    let own = given("{ own = \"appended ${toString (builtins.length overlays)}\"; }");
    let outputs = format!(
        "let pkgs = {own}; host = args: nixpkgs.lib.nixosSystem ({{ modules = [ ./m.nix ]; }} // args); in {{ nixosConfigurations = {{ \
         given = host {{ inherit pkgs; system = \"x86_64-linux\"; }}; \
         added = host {{ pkgs = nixpkgs.legacyPackages.aarch64-linux // {{ own = \"added\"; }}; }}; \
         overlaid = host {{ inherit pkgs; modules = [ ./m.nix {{ nixpkgs.overlays = [ (_: _: {{ }}) ]; }} ]; }}; \
         none = host {{ pkgs = null; system = \"aarch64-linux\"; }}; \
         unknown = host {{ inherit (other) pkgs; system = \"aarch64-linux\"; }}; }}; }}"
    );
    let directory = Directory::with(&[("flake.nix", &flake(&outputs)), ("m.nix", module)]);
    let all = model(&directory.run(&["eval", "--all-hosts", "--guest", "."]));
    let hosts = all["hosts"].as_object().expect("hosts");
    assert_eq!(hosts.len(), 5);
    for (name, host) in hosts {
        let (container, guest) = (&host["containers"]["c"], &host["containers"]["c"]["guest"]["networking"]);
        assert_eq!(container["extraFlags"][0], "aarch64-linux", "{name}");
        assert_eq!(guest["domain"], "aarch64-linux", "{name}");
        // A guest has its own package set.
        assert!(guest["hostId"]["_unknown"].is_object(), "{name}: {guest}");
        match name.as_str() {
            "given" => assert_eq!(container["extraFlags"][1], "appended 0"),
            _ => assert!(container["extraFlags"][1]["_unknown"].is_object(), "{name}: {container}"),
        }
    }
}

#[test]
fn a_file_may_be_a_system_or_a_set_of_them() {
    let files = [
        ("m.nix", MODULE),
        ("one.nix", "import <nixpkgs/nixos> { configuration = ./m.nix; }"),
        (
            "some.nix",
            "let nixos = import <nixpkgs/nixos/lib/eval-config.nix>; in { web = nixos { modules = [ ./m.nix ]; }; x = 1; }",
        ),
        ("like-a-flake.nix", "{ nixosConfigurations.web = (import <nixpkgs> { }).nixos ./m.nix; }"),
        ("hive.nix", "_: { meta.nixpkgs = <nixpkgs>; web = ./m.nix; defaults = { }; }"),
        ("other.nix", "{ network.nixpkgs = <nixpkgs>; web = { imports = [ ./m.nix ]; }; }"),
    ];
    let directory = Directory::with(&files);
    for config in
        ["one.nix", "some.nix", "some.nix#web", "like-a-flake.nix#web", "hive.nix#web", "hive.nix", "other.nix#web"]
    {
        let model = model(&directory.run(&["eval", config]));
        assert_eq!(model["containers"]["c"]["extraFlags"], serde_json::json!(["x86_64-linux"]), "{config}");
    }
    for (arguments, message) in [
        (&["eval", "m.nix#web"][..], "has no hosts to choose from"),
        (&["eval", "one.nix#web"], "has no hosts to choose from"),
        (&["eval", "some.nix#mail"], "no host `mail`"),
        (&["eval", "--all-hosts", "one.nix"], "it has only one host"),
    ] {
        let said = directory.run(arguments);
        assert!(said.code == Some(1) && said.err.contains(message), "{arguments:?}: {said}");
    }
    let hosts = model(&directory.run(&["eval", "--all-hosts", "hive.nix"]));
    assert!(hosts["hosts"]["web"].is_object(), "{hosts}");
}

#[test]
fn a_flake_on_this_machine_is_named_as_nix_names_it() {
    let outputs = "{ nixosConfigurations.h = nixpkgs.lib.nixosSystem { modules = [ ./m.nix ]; }; }";
    let directory = Directory::with(&[]);
    for below in ["", "sub"] {
        let directory = directory.path().join(below);
        std::fs::create_dir_all(&directory).expect("a directory");
        std::fs::write(directory.join("m.nix"), MODULE).expect("a file");
    }
    std::fs::write(directory.path().join("sub/flake.nix"), flake(outputs)).expect("a file");
    let whole = directory.path().to_str().expect("UTF-8");
    for config in [
        "sub#h".to_owned(),
        "path:sub#h".to_owned(),
        "path:.?dir=sub#h".to_owned(),
        ".?dir=sub#h".to_owned(),
        format!("git+file://{whole}?dir=sub#h"),
        format!("{whole}/sub"),
    ] {
        let model = model(&directory.run(&["eval", &config]));
        assert!(model["containers"]["c"].is_object(), "{config}");
    }
    // Only a path includes files that git does not track.
    git2::Repository::init(directory.path()).expect("a repository");
    let tracked = directory.run(&["eval", "sub#h"]);
    assert!(tracked.err.contains("not tracked by git"), "{tracked}");
    assert!(model(&directory.run(&["eval", "path:sub#h"]))["containers"]["c"].is_object());
    for (config, message) in
        [("sub?rev=0123#h", "another revision"), ("path:.?dirr=sub#h", "`dirr`"), ("path:nowhere#h", "cannot read")]
    {
        let said = directory.run(&["eval", config]);
        assert!(said.code == Some(1) && said.err.contains(message), "{config}: {said}");
    }
}

#[test]
fn an_override_that_matches_nothing_is_an_error() {
    let outputs =
        "{ nixosConfigurations.h = nixpkgs.lib.nixosSystem { modules = [ ./m.nix other.nixosModules.m ]; }; }";
    let directory = Directory::with(&[("flake.nix", &flake(outputs)), ("m.nix", MODULE)]);
    for (file, text) in [
        ("other/flake.nix", "{ inputs.inner.url = \"github:x/y\"; outputs = i: { nixosModules.m = i.inner.m; }; }"),
        ("inner/flake.nix", "{ outputs = _: { m.containers.inner.config = { }; }; }"),
    ] {
        let path = directory.path().join(file);
        std::fs::create_dir_all(path.parent().expect("a directory")).expect("a directory");
        std::fs::write(path, text).expect("a file");
    }
    let nested =
        ["eval", ".#h", "--override-input", "other", "other", "--override-input", "other/inner", "path:inner"];
    assert!(model(&directory.run(&nested))["containers"]["inner"].is_object());
    for (arguments, message) in [
        (&[".#h", "--override-input", "othr", "other"][..], "no input `othr`"),
        (&[".#h", "--override-input", "othr/inner", "other"], "no input `othr`"),
        (&[".#h", "--override-input", "other", "nowhere"], "there is nothing at"),
        (&["m.nix", "--override-input", "other", "other"], "so it has no inputs"),
    ] {
        for command in ["eval", "check"] {
            let said = directory.run(&[&[command], arguments].concat());
            let all = format!("{}{}", said.out, said.err);
            assert!(said.code == Some(1) && all.contains(message), "{command} {arguments:?}: {said}");
        }
    }
}

#[test]
fn hosts_that_are_not_known_are_told_beside_those_that_are() {
    let host = "nixpkgs.lib.nixosSystem { modules = [ ./m.nix ]; }";
    for (hosts, known, note) in [
        (
            format!("{{ a = {host}; }} // nixpkgs.lib.optionalAttrs other.lib.b {{ b = {host}; }}"),
            true,
            "a host `b`",
        ),
        (format!("{{ a = {host}; }} // other.lib.hosts"), false, "may be more hosts"),
        (format!("other.lib.hosts // {{ a = {host}; }}"), true, "may be more hosts"),
        (
            format!("let a = {host}; in if other.lib.b then {{ inherit a; b = {host}; }} else {{ inherit a; }}"),
            true,
            "a host `b`",
        ),
        (
            format!(
                "nixpkgs.lib.mapAttrs (_: _: {host}) ({{ a = 1; }} // nixpkgs.lib.filterAttrs (n: _: other.lib.wanted n) {{ b = 2; }})"
            ),
            true,
            "a host `b`",
        ),
        (format!("{{ a = {host}; ${{other.name}} = {host}; }}"), true, "may be more hosts"),
        (format!("nixpkgs.lib.genAttrs ([ \"a\" ] ++ other.lib.names) (_: {host})"), true, "may be more hosts"),
    ] {
        let outputs = format!("{{ nixosConfigurations = {hosts}; }}");
        let directory = Directory::with(&[("flake.nix", &flake(&outputs)), ("m.nix", MODULE)]);
        let said = directory.run(&["eval", "--all-hosts", "."]);
        let hosts = model(&said);
        let names: Vec<_> = hosts["hosts"].as_object().expect("hosts").keys().collect();
        // Names that something unknown may replace are unknown.
        assert_eq!(names, if known { vec!["a"] } else { vec![] }, "{outputs}");
        assert!(said.err.contains(note), "{outputs}: {said}");
        if !known {
            assert!(said.err.contains("host `a`"), "{outputs}: {said}");
            continue;
        }
        let one = directory.run(&["eval", ".#a"]);
        assert!(one.code == Some(0) && one.err.contains(note), "{outputs}: {one}");
        let missing = directory.run(&["eval", ".#c"]);
        assert_eq!(missing.code, Some(1), "{outputs}: {missing}");
    }
}

#[test]
fn pipe_operators_hold_for_a_configuration_by_each_way_to_enable_them() {
    let module = "{ lib, ... }: { containers = [ \"a\" \"b\" ] |> map (n: lib.nameValuePair n { config = { }; }) |> lib.listToAttrs; }";
    let flake = |config: &str| {
        format!(
            "{{ {config} inputs.nixpkgs.url = \"nixpkgs\"; outputs = {{ nixpkgs, ... }}: {{ nixosConfigurations.h = \
             nixpkgs.lib.nixosSystem {{ modules = [ ./m.nix ]; }}; }}; }}"
        )
    };
    let names = |said: &CommandOutput| {
        let model = model(said);
        model["containers"].as_object().expect("containers").keys().cloned().collect::<Vec<_>>()
    };
    let directory = Directory::with(&[("m.nix", module), ("flake.nix", &flake(""))]);
    for config in ["m.nix", ".#h"] {
        let without = directory.run(&["eval", config]);
        assert_eq!(without.code, Some(1), "{without}");
        for flag in ["--extra-experimental-features", "--experimental-features"] {
            assert_eq!(names(&directory.run(&["eval", config, flag, "pipe-operators"])), ["a", "b"]);
        }
        for command in [&["check"][..], &["firewall"], &["plan", "--from", "none.nix"]] {
            std::fs::write(directory.path().join("none.nix"), "{ }").expect("a file");
            let said =
                directory.run(&[command, &[config, "--extra-experimental-features", "pipe-operators"]].concat());
            assert_eq!(said.code, Some(0), "{command:?}: {said}");
        }
    }
    for setting in [
        "nixConfig.extra-experimental-features = [ \"pipe-operators\" ];",
        "nixConfig.experimental-features = \"flakes pipe-operators\";",
    ] {
        let directory = Directory::with(&[("m.nix", module), ("flake.nix", &flake(setting))]);
        assert_eq!(names(&directory.run(&["eval", ".#h"])), ["a", "b"], "{setting}");
    }
    // nixConfig is part of flake.nix, so flake.nix itself is read without it; an unknown feature name enables nothing.
    let piped = flake("nixConfig.extra-experimental-features = [ \"pipe-operators\" ];")
        .replace("nixpkgs.lib.nixos", "id <| nixpkgs.lib.nixos");
    for (flake, file) in [
        (piped.replace("{ nixpkgs, ... }:", "{ nixpkgs, ... }: let id = x: x; in"), "flake.nix:1:"),
        (flake("nixConfig.extra-experimental-features = [ \"pipe-operator\" ];"), "m.nix:1:"),
        (flake("nixConfig.experimental-features = [ \"flakes\" ];"), "m.nix:1:"),
    ] {
        let said = Directory::with(&[("m.nix", module), ("flake.nix", &flake)]).run(&["eval", ".#h"]);
        assert!(said.code == Some(1) && said.err.contains("'pipe-operators' is disabled"), "{flake}: {said}");
        assert!(said.err.contains(file), "{flake}: {said}");
    }
    let directory = Directory::with(&[("m.nix", module)]);
    std::fs::create_dir_all(directory.path().join("conf/nix")).expect("a directory");
    let settings = "experimental-features = nix-command\nextra-experimental-features = pipe-operators\n";
    std::fs::write(directory.path().join("conf/nix/nix.conf"), settings).expect("a file");
    let conf = directory.path().join("conf");
    for (variable, value) in [
        ("NIX_CONFIG", settings.to_owned()),
        ("XDG_CONFIG_HOME", conf.display().to_string()),
        ("NIX_CONF_DIR", conf.join("nix").display().to_string()),
        ("NIX_USER_CONF_FILES", conf.join("nix/nix.conf").display().to_string()),
    ] {
        let run = |restrict: &str| {
            let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_container-rebuild"));
            let command = command.args(["eval", restrict, "m.nix"]).current_dir(directory.path()).env_clear();
            command.env(variable, &value).output().expect("the program runs")
        };
        assert!(run("--no-restrict").status.success(), "{variable}");
        // The environment cannot enable features under restricted evaluation.
        assert_eq!(run("--restrict").status.code(), Some(1), "{variable}");
    }
}

/// The `extraFlags` of a container, as set by a module.
fn flags(expressions: &[&str]) -> serde_json::Value {
    let flags: String = expressions.iter().map(|expression| format!("({expression})\n")).collect();
    let module = format!("{{ lib, ... }}: {{ containers.c = {{ config = {{ }}; extraFlags = [ {flags} ]; }}; }}");
    let directory = Directory::with(&[("m.nix", &module)]);
    model(&directory.run(&["eval", "m.nix"]))["containers"]["c"]["extraFlags"].take()
}

#[test]
fn a_name_that_lib_does_not_have_here_is_not_known() {
    let unknown = [
        "lib.noSuch",
        "lib.types.noSuch",
        "lib.types.types.noSuch or \"default\"",
        "lib.modules.noSuch 1 2",
        "lib.types.ints.noSuch.description",
        "lib.systems.parse.noSuch",
        "if lib ? noSuch then \"a\" else \"b\"",
        "if lib.types ? noSuch then \"a\" else \"b\"",
        "lib.versions.noSuch or \"default\"",
        "with lib; with types; noSuch",
        "(lib.extend (final: _: { x = final.types.noSuch; })).x",
        "(lib.extend (_: prev: { x = prev.strings.noSuch or \"default\"; })).x",
        "(lib.evalModules { modules = [ ({ lib, ... }: { options.x = lib.mkOption { default = lib.types.noSuch; }; }) ]; }).config.x",
        "(lib.evalModules { modules = [ ({ lib, ... }: { options.x = lib.mkOption { type = lib.types.noSuch; default = \"a\"; }; }) ]; }).config.x",
    ];
    let flags = flags(&unknown);
    let flags = flags.as_array().expect("a list");
    assert_eq!(flags.len(), unknown.len());
    for (flag, expression) in flags.iter().zip(unknown) {
        assert!(flag["_unknown"]["reason"].is_string(), "{expression}: {flag}");
    }
}

#[test]
fn a_name_that_lib_has_is_known_beside_those_that_it_may_have() {
    let known = [
        ("toString (with lib; with types; last [ 1 2 ])", "2"),
        ("(with lib; with types; nullOr str).description", "null or string"),
        ("if lib.types ? attrListOf && lib ? types then \"a\" else \"b\"", "a"),
        ("toString (lib.extend (final: prev: { x = final.lists.last [ 1 prev.types.int.name ]; })).x", "int"),
        ("lib.types.types.json.description", "JSON value"),
        ("(lib // { types = lib.types // { own = \"o\"; }; }).types.own", "o"),
    ];
    let flags = flags(&known.map(|(expression, _)| expression));
    assert_eq!(flags, serde_json::json!(known.map(|(_, value)| value)));
}

#[test]
fn the_search_path_for_overlays_is_absent_to_who_asks() {
    let flags = flags(&[
        "if (builtins.tryEval <nixpkgs-overlays>).success then \"there\" else \"absent\"",
        "if (builtins.tryEval (toString <nixpkgs-overlays>)).success then \"there\" else \"absent\"",
        "toString <nixpkgs-overlays>",
        "if (builtins.tryEval <home-manager>).success then \"there\" else \"absent\"",
    ]);
    assert_eq!(flags[0], "absent");
    assert_eq!(flags[1], "absent");
    for flag in [&flags[2], &flags[3]] {
        assert!(flag["_unknown"].is_object(), "{flag}");
    }
}
