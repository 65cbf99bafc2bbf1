//! Our NixOS module, `nix/module.nix`. What its options evaluate to is compared with Nix in
//! `nix-fixtures/hosts/own-nixos-module`.

use container_rebuild::model::settings::Setting;
use serde_json::Value;

use crate::program::{CommandOutput, Directory};

/// The module, from wherever the configuration is.
const MODULE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/nix/module.nix");

/// A host with the option `containers.web.extraFlags` and the module.
fn flags(flags: &str) -> Vec<String> {
    let host = format!(
        "{{ options, lib, ... }}: {{ imports = [ {MODULE} ]; \
         containers.web = {{ path = \"/nix/store/00000000000000000000000000000000-web\"; extraFlags = {flags}; }}; }}"
    );
    let said = Directory::with(&[("host.nix", &host)]).run(&["eval", "host.nix"]);
    assert_eq!(said.code, Some(0), "{said}");
    let json: Value = serde_json::from_str(&said.out).expect("JSON");
    let flags = json["containers"]["web"]["extraFlags"].as_array().unwrap_or_else(|| panic!("no list: {said}"));
    flags.iter().map(|flag| flag.as_str().unwrap_or_else(|| panic!("no string: {said}")).to_owned()).collect()
}

#[test]
fn it_declares_the_options_that_there_are() {
    let declared = flags(
        "builtins.attrNames (removeAttrs (options.services.container-rebuild.containers.type.getSubOptions [ ]) [ \"_module\" ])",
    );
    assert_eq!(declared, Setting::ALL.iter().map(|setting| setting.name()).collect::<Vec<_>>());
    let around = flags("builtins.attrNames options.services.container-rebuild");
    assert_eq!(around, ["containers", "deleteGenerationsOlderThan", "enable", "keepGenerations", "package"]);
}

#[test]
fn every_option_has_a_type_and_a_description() {
    let incomplete = flags(
        "let
           of = prefix: options: lib.concatLists (lib.mapAttrsToList (name: option:
             if name == \"_module\" then [ ]
             else if !(lib.isOption option) then of (prefix + name + \".\") option
             else lib.optional (!(option ? description && option.type.name != \"unspecified\")) (prefix + name)
               ++ of (prefix + name + \".\") (option.type.getSubOptions [ ])) options);
         in of \"\" options.services.container-rebuild",
    );
    assert!(incomplete.is_empty(), "{incomplete:?}");
}

/// A host with everything that the module declares, in few of its forms.
fn host(import: &str, limit: &str) -> String {
    format!(
        "{{ {import}
  containers.cache.config = {{ }};
  containers.web = {{
    privateNetwork = true; hostAddress = \"10.0.0.1\"; localAddress = \"10.0.0.2\";
    bindMounts.\"/srv\".hostPath = \"/srv/web\";
    dropCapabilities = [ \"CAP_SYS_TIME\" \"CAP_MKNOD\" ];
    extraFlags = [ \"--quiet\" ];
    config.networking.firewall.enable = false;
  }};
  services.container-rebuild = {{
    keepGenerations = 3;
    containers.cache = {{ }};
    containers.web = {{
      after = [ \"cache\" ];
      bindSources.\"/srv/web\".user = \"www\";
      forwards.http.hostPort = 8080;
      healthCheck.ports = [ 80 ];
      resourceControl.MemoryMax = \"{limit}\";
    }};
  }};
}}
"
    )
}

fn hosts() -> Directory {
    let import = format!("imports = [ {MODULE} ];");
    let with = ("with.nix", &*host(&import, "1G"));
    Directory::with(&[with, ("without.nix", &host("", "1G")), ("other.nix", &host(&import, "2G"))])
}

#[test]
fn to_import_it_changes_no_container() {
    let directory = hosts();
    let plan =
        |from: &str, to: &str| directory.run(&["plan", "--no-restrict", "--detailed-exitcode", "--from", from, to]);
    for (from, to) in [("without.nix", "with.nix"), ("with.nix", "without.nix")] {
        let said = plan(from, to);
        assert_eq!(said.code, Some(0), "{from} -> {to}: {said}");
    }
    let said = plan("without.nix", "other.nix");
    assert!(said.code == Some(2) && said.out.contains("resourceControl.MemoryMax"), "{said}");
    let others = ["after", "bindSources", "dropCapabilities", "extraFlags", "forwards", "healthCheck"];
    assert!(!others.iter().any(|option| said.out.contains(option)), "{said}");
}

#[test]
fn to_let_it_run_containers_is_no_difference_either() {
    let host = |more: &str| {
        format!(
            "{{ lib, ... }}: {{ imports = [ {MODULE} ]; {more}
  containers.web = {{ path = \"/nix/store/00000000000000000000000000000000-web\"; }};
  systemd.services.\"container@web\" = {{ requires = [ \"srv.mount\" ]; serviceConfig.MemoryMax = \"1G\"; }};
}}"
        )
    };
    let directory =
        Directory::with(&[("off.nix", &host("")), ("on.nix", &host("services.container-rebuild.enable = true;"))]);
    let said = directory.run(&["plan", "--no-restrict", "--detailed-exitcode", "--from", "off.nix", "on.nix"]);
    assert_eq!(said.code, Some(0), "{said}");
    assert!(findings(&said).is_empty(), "{said}");
    let said = directory.run(&["check", "--no-restrict", "on.nix"]);
    assert!(said.code == Some(0) && findings(&said).is_empty(), "{said}");
    let said = directory.run(&["eval", "on.nix"]);
    let json: Value = serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {said}"));
    assert_eq!(json["services"]["container-rebuild"].get("enable"), None, "{said}");
    // Without the module's mark, what a host says about a unit counts.
    let bare = "{ containers.web.config = { }; systemd.services.\"container@web\".script = \"x\"; }";
    let said = Directory::with(&[("host.nix", bare)]).run(&["check", "--no-restrict", "host.nix"]);
    assert!(said.err.contains("container@web\".script` is not supported"), "{said}");
}

#[test]
fn the_package_is_no_part_of_the_model() {
    let text =
        format!("{{ pkgs, ... }}: {{ imports = [ {MODULE} ]; services.container-rebuild.package = pkgs.hello; }}");
    let bare = "{ pkgs, ... }: { services.container-rebuild.package = pkgs.hello; }";
    let directory = Directory::with(&[("with.nix", &text), ("without.nix", bare)]);
    for host in ["with.nix", "without.nix"] {
        let said = directory.run(&["eval", host]);
        let json: Value = serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {said}"));
        let own = &json["services"]["container-rebuild"];
        assert!(own.is_object() && own.get("package").is_none() && !own.to_string().contains("_unknown"), "{said}");
    }
}

fn findings(said: &CommandOutput) -> Vec<&str> {
    said.err.lines().filter(|line| line.contains("]: ")).collect()
}

#[test]
fn check_says_that_it_is_not_imported() {
    let directory = hosts();
    let check = |host: &str, more: &[&str]| {
        let said = directory.run(&[&["check", "--no-restrict", host], more].concat());
        assert_eq!(said.code, Some(0), "{said}");
        said
    };
    let without = check("without.nix", &[]);
    assert!(without.err.contains("without.nix:12:5: warning[module-not-imported]"), "{without}");
    assert_eq!(findings(&without).len(), 1, "{without}");
    for said in [check("with.nix", &[]), check("without.nix", &["--allow", "module-not-imported"])] {
        assert!(findings(&said).is_empty(), "{said}");
    }
    // Other commands work without it.
    let said = directory.run(&["plan", "--from", "without.nix", "without.nix"]);
    assert!(findings(&said).is_empty(), "{said}");
}

#[test]
fn its_types_are_checked() {
    let check = |settings: &str| {
        let host = format!(
            "{{ imports = [ {MODULE} ]; containers.web.config = {{ }};\n  services.container-rebuild = {{ {settings} }}; }}"
        );
        Directory::with(&[("host.nix", &host)]).run(&["check", "--no-restrict", "host.nix"])
    };
    for (settings, message) in [
        ("keepGenerations = 0;", "is not of type `integer between 1 and 4294967295 (both inclusive)'"),
        (
            "deleteGenerationsOlderThan = \"1 month\";",
            "is not of type `null or string matching the pattern [0-9]+d'",
        ),
        (
            "containers.web.afterUnits = [ \"postgresql\" ];",
            "is not of type `name of a systemd unit, with its type'",
        ),
        (
            "containers.web.healthCheck.port = 80;",
            "The option `services.container-rebuild.containers.web.healthCheck.port' does not exist",
        ),
        ("containers.web.credentials.a = ./secret;", "is not of type `string matching the pattern /.*'"),
        ("keepGeneration = 3;", "The option `services.container-rebuild.keepGeneration' does not exist"),
        ("containers.wbe.after = [ \"web\" ];", "there is no container `wbe`"),
    ] {
        let said = check(settings);
        assert_eq!(said.code, Some(1), "{settings}: {said}");
        assert!(said.err.contains(message), "{settings}: {said}");
        assert_eq!(findings(&said).len(), 1, "{settings}: {said}");
    }
}
