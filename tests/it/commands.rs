//! The command line itself: its commands, and how it answers misuse.

use insta::assert_snapshot;

use crate::program::{Directory, EXAMPLE, run};

#[test]
fn commands_that_exist_are_listed_and_no_others() {
    let directory = Directory::with(&[]);
    let help = directory.run(&["--help"]);
    assert_eq!((help.code, help.err.as_str()), (Some(0), ""));
    let listed: Vec<_> = help
        .out
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    for command in [
        "switch",
        "test",
        "boot",
        "generations",
        "rollback",
        "confirm",
        "build",
        "plan",
        "check",
        "eval",
        "firewall",
        "status",
        "start",
        "stop",
        "restart",
        "kill",
        "purge",
        "shell",
        "run",
        "logs",
        "try",
        "install-boot",
        "release",
        "doctor",
        "completions",
        "man",
    ] {
        assert!(listed.contains(&command), "{command} is not in {listed:?}");
    }
    for command in listed {
        let said = directory.run(&[command, "--help"]);
        assert!(command == "help" || said.code == Some(0), "{said}");
    }
}

#[test]
fn misuse_is_1_and_never_2() {
    let directory = Directory::with(&[("host.nix", EXAMPLE)]);
    for arguments in [
        &[][..],
        &["frobnicate"],
        &["plan", "--format", "yaml", "host.nix"],
        &["plan", "--detailed-exitcode", "host.nix", "more"],
        &["plan", "--detailed-exitcode", "nowhere.nix"],
        &["run", "wasabi"],
        &["run", "no_such", "--", "true"],
        &["start"],
        &["plan", "--only", "a_b", "host.nix"],
        &["--quiet", "-v", "plan", "host.nix"],
        &["--frobnicate"],
        &["plan", "--frobnicate", "host.nix"],
        &["plan", "-x"],
        &["plan", "--from"],
        &["plan", "--detailed-exitcode", "--detailed-exitcode", "host.nix"],
        &["plan", "--restart-mode", "sometimes", "host.nix"],
        &["check", "--deny", "errors", "host.nix"],
        &["check", "--deny"],
        &["check", "--allow", "no-such-lint", "host.nix"],
        &["check", "--allow", "syntax", "host.nix"],
        &["eval", "--max-memory", "much", "--expr", "1"],
        &["eval", "--max-time", "-1", "--expr", "1"],
        &["eval", "--attr", "a", "host.nix"],
        &["eval", "--arg", "a", "--expr", "1"],
        &["eval", "--expr", "1", "host.nix"],
        &["eval", "--override-input", "nixpkgs"],
        &["eval", "--option", "cores", "--expr", "1"],
        &["eval", "--impure", "--restrict", "--expr", "1"],
        &["schema", "host"],
        &["completions", "cmd"],
        &["--color", "blue", "status"],
        &["--log-format", "xml", "status"],
        &["logs", "a", "b"],
        &["help", "frobnicate"],
    ] {
        let said = directory.run(arguments);
        assert_eq!((said.code, said.out.as_str()), (Some(1), ""), "{arguments:?}: {said}");
        assert!(said.err.contains("error") || said.err.contains("Usage"), "{arguments:?}: {said}");
    }
    // The parser's errors have the same form as all others.
    for arguments in [&["plan", "--frobnicate"][..], &["plan", "--from"], &["check", "--allow", "syntax"]] {
        let said = directory.run(arguments);
        assert!(said.err.starts_with("error: ") && said.err.contains("--help"), "{arguments:?}: {said}");
    }
    for arguments in
        [&["--help"][..], &["-h"], &["-V"], &["help"], &["help", "plan"], &["plan", "--help"], &["plan", "-h"]]
    {
        let said = directory.run(arguments);
        assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{arguments:?}: {said}");
    }
}

/// `tests/fixtures` checks models and plans against the library's schemas.
#[test]
fn the_schemas_that_are_printed_are_those_of_the_library() {
    use container_rebuild::{model::Manifest, plan::show};
    for (of, schema) in [("manifest", Manifest::schema()), ("plan", show::schema())] {
        let said = Directory::with(&[]).run(&["schema", of]);
        let printed: serde_json::Value = serde_json::from_str(&said.out).expect("JSON");
        assert_eq!((said.code, printed), (Some(0), schema), "{of}");
    }
}

#[test]
fn a_name_in_only_that_no_container_has_is_an_error_of_every_command_that_takes_it() {
    let host = "{ containers.web.config = { }; containers.db.config = { }; }";
    let directory = Directory::with(&[("host.nix", host)]);
    for command in ["plan", "check", "eval", "build", "firewall"] {
        let said = directory.run(&[command, "--only", "wep,nosuch,db", "host.nix"]);
        assert_eq!((said.code, said.out.as_str()), (Some(1), ""), "{command}: {said}");
        for part in
            ["no container `wep`", "did you mean `web`?", "no container `nosuch`", "known containers: db, web"]
        {
            assert!(said.err.contains(part), "{command}: {part}: {said}");
        }
        assert!(!said.err.contains("`db`"), "{command}: {said}");
    }
    let said = directory.run(&["status", "--only", "nosuch,wep"]);
    assert!(said.code == Some(1) && said.err.contains("`wep` on this host"), "{said}");
    assert!(said.err.contains("`nosuch` on this host"), "{said}");
}

#[test]
fn what_only_does_not_name_is_left_out() {
    let leads = |name: &str, last: u8| {
        format!(
            "containers.{name} = {{ privateNetwork = true; hostAddress = \"10.0.0.1\"; localAddress = \"10.0.0.{last}\";\n\
             forwardPorts = [ {{ hostPort = 80{last}; containerPort = 22; }} ];\n\
             config.networking.firewall.allowedTCPPorts = [ 80 ]; }};"
        )
    };
    let directory = Directory::with(&[("host.nix", &format!("{{\n{}\n{}\n}}", leads("a", 2), leads("b", 3)))]);
    let said = directory.run(&["eval", "--guest", "--positions", "--only", "b", "host.nix"]);
    let model: serde_json::Value = serde_json::from_str(&said.out).expect("JSON");
    let names = model["containers"].as_object().expect("a set").keys().collect::<Vec<_>>();
    assert_eq!(names, ["b"], "{said}");
    let positions = model["positions"].as_object().expect("a set");
    assert!(positions.contains_key("containers.b.localAddress"), "{said}");
    assert!(!positions.keys().any(|path| path.starts_with("containers.a")), "{said}");
    let said = directory.run(&["firewall", "--only", "b", "host.nix"]);
    assert!(said.out.contains("10.0.0.3") && said.out.contains("803"), "{said}");
    assert!(!said.out.contains("10.0.0.2") && !said.out.contains("802"), "{said}");
    let said = directory.run(&["check", "--only", "b", "--deny", "warnings", "host.nix"]);
    assert!(said.code == Some(1) && said.err.contains("port 22 of `b`") && !said.err.contains("`a`"), "{said}");
}

#[test]
fn help_and_version_are_results() {
    let directory = Directory::with(&[]);
    let version = directory.run(&["--version"]);
    assert_eq!(
        (version.code, version.out),
        (Some(0), format!("container-rebuild {}\n", env!("CARGO_PKG_VERSION")))
    );
    assert!(directory.run(&["completions", "bash"]).out.contains("complete "));
    assert!(directory.run(&["man"]).out.starts_with(".ie"));
}

#[test]
fn what_changes_the_host_is_for_root() {
    let directory = Directory::with(&[("host.nix", EXAMPLE)]);
    assert_snapshot!(directory.run_as_nobody(&["switch", "--yes", "host.nix"]));
    for arguments in
        [&["start", "wasabi"][..], &["run", "wasabi", "--", "true"], &["install-boot"], &["release"], &["doctor"]]
    {
        let said = directory.run_as_nobody(arguments);
        assert_eq!((said.code, said.out.as_str()), (Some(1), ""), "{said}");
        assert!(said.err.starts_with("error[host]: `") && said.err.contains("must run as root"), "{said}");
    }
}

#[test]
fn quiet_leaves_results_and_errors() {
    let said = run(EXAMPLE, &["--quiet", "plan", "--from", "host.nix", "host.nix"]);
    assert_eq!((said.code, said.out.as_str(), said.err.as_str()), (Some(0), "No changes.\n", ""));
    let said = run("{ containers.a.autostart = 1; }", &["--quiet", "check", "host.nix"]);
    assert!(said.code == Some(1) && said.err.contains("error[unknown-option]"), "{said}");
}

#[test]
fn a_closed_pipe_is_no_error() {
    use std::process::{Command, Stdio};
    let directory = Directory::with(&[("host.nix", EXAMPLE)]);
    let mut child = Command::new(env!("CARGO_BIN_EXE_container-rebuild"))
        .args(["eval", "host.nix"])
        .current_dir(directory.path())
        .env_clear()
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""));
}

#[test]
fn restricted_expressions_read_what_is_around_them_and_no_more() {
    let directory = Directory::with(&[("in.nix", "import ./beside.nix"), ("beside.nix", "1 + 1")]);
    let outside = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(outside.path(), "\"hunter2\"").expect("written");
    let outside = outside.path().to_str().expect("UTF-8");
    std::os::unix::fs::symlink(outside, directory.path().join("link.nix")).expect("a link");
    let import = format!("import {outside}");
    let read = format!("builtins.readFile {outside}");
    for (arguments, value) in [
        (&["--file", "in.nix"][..], Some("2")),
        (&["--expr", "import ./in.nix"], Some("2")),
        (&["--expr", "{ x }: x", "--arg", "x", "import ./in.nix"], Some("2")),
        (&["--expr", &import], None),
        (&["--expr", &read], None),
        (&["--expr", "import ./link.nix"], None),
        (&["--file", outside, "-I", outside], Some("\"hunter2\"")),
        // Relative search paths are relative to the current directory, and shown as given.
        (&["--expr", "import <own/in.nix>", "-I", "own=."], Some("2")),
        (&["--expr", "(builtins.head builtins.nixPath).path", "-I", "own=./."], Some("\"./.\"")),
        (&["--expr", "builtins.attrNames (builtins.readDir /etc)"], None),
        (&["--expr", "builtins.pathExists /etc/passwd"], None),
    ] {
        let said = directory.run(&[&["eval", "--restrict"], arguments].concat());
        match value {
            Some(value) => assert_eq!((said.code, said.out.trim()), (Some(0), value), "{arguments:?}: {said}"),
            None => {
                assert_eq!((said.code, said.out.as_str()), (Some(1), ""), "{arguments:?}: {said}");
                assert!(said.err.contains("restricted reading"), "{arguments:?}: {said}");
            }
        }
        // Without restriction, they are read like any other file.
        let free = directory.run(&[&["eval", "--no-restrict"], arguments].concat());
        assert_eq!(free.code, Some(0), "{arguments:?}: {free}");
    }
}

#[test]
fn attributes_of_self_are_no_input_of_a_flake() {
    let flake = r#"{
      inputs.self.submodules = true;
      inputs.self.lfs = true;
      outputs = { self, nixpkgs, ... }: {
        nixosModules.m = { containers.c.config = { }; };
        nixosConfigurations.w = nixpkgs.lib.nixosSystem { modules = [ self.nixosModules.m ]; };
      };
    }"#;
    let directory = Directory::with(&[("flake.nix", flake)]);
    let evaluated = directory.run(&["eval", ".#w"]);
    assert_eq!(evaluated.code, Some(0), "{evaluated}");
    let model: serde_json::Value = serde_json::from_str(&evaluated.out).expect("JSON");
    assert!(model["containers"]["c"].is_object(), "{evaluated}");
}

#[test]
fn rules_that_are_known_are_shown_beside_those_that_are_not() {
    let container = |name: &str, options: &str| {
        format!(
            "containers.{name} = {{ config = {{ }}; privateNetwork = true; hostAddress = \"10.0.0.1\"; {options} }};"
        )
    };
    let forward = |port: u16| format!("forwardPorts = [ {{ hostPort = {port}; }} ];");
    let known = container("a", &format!("localAddress = \"10.0.0.2\"; {}", forward(81)));
    for (other, option) in [
        (format!("localAddress = pkgs.foo.addr; {}", forward(82)), "localAddress"),
        ("localAddress = \"10.0.0.3\"; forwardPorts = pkgs.foo.ports;".to_owned(), "forwardPorts"),
        (
            "localAddress = \"10.0.0.3\"; forwardPorts = [ { hostPort = pkgs.foo.port; } ];".to_owned(),
            "forwardPorts",
        ),
        (format!("localAddress = lib.mkIf pkgs.foo.here \"10.0.0.3\"; {}", forward(82)), "localAddress"),
    ] {
        let host = format!("{{ lib, pkgs, ... }}: {{ {known} {} }}", container("b", &other));
        let rules = run(&host, &["firewall", "host.nix"]);
        assert_eq!(rules.code, Some(0), "{other}: {rules}");
        assert!(rules.out.contains("tcp . 81 : 10.0.0.2"), "{other}: {rules}");
        let note = format!("not all rules of `b` are known: `containers.b.{option}`");
        assert!(rules.err.contains(&note), "{other}: {rules}");
        let only = run(&host, &["firewall", "--only", "a", "host.nix"]);
        assert!(!only.err.contains("`b`"), "{other}: {only}");
        let directory = Directory::with(&[("host.nix", host.as_str()), ("none.nix", "{ }")]);
        let plan = directory.run(&["plan", "--format", "json", "--from", "none.nix", "host.nix"]);
        let plan: serde_json::Value = serde_json::from_str(&plan.out).expect("JSON");
        assert_eq!(plan["firewall"]["changed"], true, "{other}");
        assert!(plan["firewall"]["add"][0]["hostPort"] == 81, "{other}: {}", plan["firewall"]);
        assert!(
            plan["diagnostics"].to_string().contains("not all rules of `b`"),
            "{other}: {}",
            plan["diagnostics"]
        );
    }
}
