//! `--keep-going`: a failure is printed in place of its value, and everything else is printed as usual.

use serde_json::{Value, json};

use crate::program::{CommandOutput, Directory};

/// The failures in a printed model, by path, with their messages and locations.
fn errors(json: &Value, path: &str, found: &mut Vec<(String, String, String)>) {
    if let Some(error) = json.get("_error") {
        assert_eq!(json.as_object().map(serde_json::Map::len), Some(1), "{path}");
        let place = format!("{}:{}:{}", error["file"].as_str().expect("a file"), error["line"], error["column"]);
        found.push((path.to_owned(), error["message"].as_str().expect("a message").to_owned(), place));
        return;
    }
    match json {
        Value::Object(set) => set.iter().for_each(|(name, json)| errors(json, &format!("{path}.{name}"), found)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(n, json)| errors(json, &format!("{path}[{n}]"), found));
        }
        _ => {}
    }
}

/// The printed model and the failures in it.
fn kept(said: &CommandOutput) -> (Value, Vec<(String, String, String)>) {
    assert_eq!(said.code, Some(1), "{said}");
    let model = serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {said}"));
    let mut found = Vec::new();
    errors(&model, "", &mut found);
    (model, found)
}

#[test]
fn each_option_that_fails_is_an_error_in_its_place() {
    let b = "autoStart = true; hostAddress = \"10.0.0.1\"; config = { }";
    for (text, path, message, column) in [
        ("containers.a = { autoStart = throw \"no\"; config = { }; };", "containers.a.autoStart", "no", 30),
        (
            "containers.a = { autoStart = 3; config = { }; };",
            "containers.a.autoStart",
            "is not of type `boolean'",
            18,
        ),
        ("containers.a = { tmpfs = [ \"/a\" (abort \"el\") ]; config = { }; };", "containers.a.tmpfs[1]", "el", 34),
        (
            "containers.a = { bindMounts.\"/x\".hostPath = {}.y; config = { }; };",
            "containers.a.bindMounts./x.hostPath",
            "'y' missing",
            45,
        ),
        (
            "containers.a = { bindMounts.\"/x\" = throw \"mount\"; config = { }; };",
            "containers.a.bindMounts./x",
            "mount",
            36,
        ),
        ("containers.a = throw \"boom\";", "containers.a", "boom", 16),
        ("containers.a = { };", "containers.a.path", "has no value defined", 1),
        ("networking.hostName = 1 + \"a\";", "system.hostName", "cannot add", 27),
        ("networking.nat = throw \"nat\";", "networking.nat", "nat", 18),
        (
            "networking.firewall.allowPing = import ./gone.nix;",
            "networking.firewall.allowPing",
            "does not exist",
            33,
        ),
        ("boot.enableContainers = assert false; true;", "boot.enableContainers", "assertion", 32),
        (
            "services.container-rebuild.keepGenerations = throw \"k\";",
            "services.container-rebuild.keepGenerations",
            "k",
            46,
        ),
    ] {
        let host = format!("{{\n{text}\ncontainers.b = {{ {b}; }}; }}");
        let directory = Directory::with(&[("host.nix", &host)]);
        let said = directory.run(&["eval", "--keep-going", "host.nix"]);
        let (model, found) = kept(&said);
        let [(at, what, place)] = found.as_slice() else { panic!("{text}: {found:?}\n{said}") };
        assert_eq!(
            (at.as_str(), place.as_str()),
            (&*format!(".{path}"), &*format!("host.nix:2:{column}")),
            "{text}"
        );
        assert!(what.contains(message), "{text}: {what}");
        assert!(said.err.contains(&format!("{place}: error[")), "{text}: {said}");
        assert_eq!(model["containers"]["b"]["hostAddress"], json!("10.0.0.1"), "{text}");
        // Without the flag, only the error is printed.
        let whole = directory.run(&["eval", "host.nix"]);
        assert!(whole.code == Some(1) && whole.out.is_empty(), "{text}: {whole}");
        assert!(whole.err.contains(&format!("{place}: error[")), "{text}: {whole}");
    }
}

#[test]
fn a_module_that_fails_hides_nothing_of_the_others() {
    for (import, line) in [
        ("./gone.nix", "host.nix:2:13: error[missing-module]"),
        ("./broken.nix", "broken.nix:1:7: error[syntax]"),
        ("{ config = throw \"whole\"; }", "host.nix:2:24: error[evaluation]: whole"),
        ("(throw \"import\")", "host.nix:2:14: error[evaluation]: import"),
        ("{ config = 3; }", "error[option-type]"),
        ("{ containers.b.autostart = true; }", "host.nix:2:15: error[unknown-option]"),
    ] {
        let host =
            format!("{{\nimports = [ {import} ];\ncontainers.b = {{ autoStart = true; config = {{ }}; }}; }}");
        let directory = Directory::with(&[("host.nix", &host), ("broken.nix", "{ x = ; }")]);
        let said = directory.run(&["eval", "--keep-going", "host.nix"]);
        let (model, found) = kept(&said);
        assert!(found.is_empty() && said.err.contains(line), "{import}: {found:?}\n{said}");
        assert_eq!(model["containers"]["b"]["autoStart"], json!(true), "{import}");
    }
}

#[test]
fn of_a_guest_too() {
    let host = "{ containers.a = { config = {\n  networking.hostName = throw \"name\";\n  services.x.port = 1;\n  \
                imports = [ ./gone.nix ];\n}; }; }";
    let said = Directory::with(&[("host.nix", host)]).run(&["eval", "--guest", "--keep-going", "host.nix"]);
    let (model, found) = kept(&said);
    assert_eq!(model["containers"]["a"]["guest"]["services"]["x"]["port"], json!(1), "{said}");
    let at = |path: &str, message: &str, place: &str| (path.to_owned(), message.to_owned(), place.to_owned());
    assert_eq!(found, [at(".containers.a.guest.networking.hostName", "name", "host.nix:2:25")]);
    for line in ["host.nix:2:25: error[evaluation]: name", "host.nix:4:15: error[missing-module]"] {
        assert!(said.err.contains(line), "{line}: {said}");
    }
}

#[test]
fn of_which_nothing_can_be_told_is_one_error() {
    let flake = "{ inputs.nixpkgs.url = \"nixpkgs\"; outputs = { self, nixpkgs }: { nixosConfigurations = {\n\
                 good = nixpkgs.lib.nixosSystem { modules = [ { containers.a.config = { }; } ]; };\n\
                 bad = throw \"host\";\nworse = nixpkgs.lib.nixosSystem { modules = throw \"modules\"; }; }; }; }";
    let directory = Directory::with(&[
        ("flake.nix", flake),
        ("all.nix", "{ containers = throw \"all\"; boot.enableContainers = true; }"),
    ]);
    let said = directory.run(&["eval", "--keep-going", "--all-hosts", "."]);
    let (model, found) = kept(&said);
    assert!(model["hosts"]["good"]["containers"]["a"].is_object(), "{said}");
    let found: Vec<_> = found.iter().map(|(path, message, place)| format!("{path} {message} {place}")).collect();
    assert_eq!(found, [".hosts.bad host flake.nix:3:7", ".hosts.worse modules flake.nix:4:45"]);
    for (config, path, message) in [(".#bad", "", "host"), ("all.nix", ".containers", "all")] {
        let (_, found) = kept(&directory.run(&["eval", "--keep-going", config]));
        assert!(
            matches!(found.as_slice(), [(at, what, _)] if at == path && what == message),
            "{config}: {found:?}"
        );
    }
    let said = directory.run(&["eval", "--keep-going", ".#ugly"]);
    assert!(said.code == Some(1) && said.out.is_empty(), "{said}");
}

#[test]
fn what_is_printed_is_as_its_schema_says_and_no_manifest() {
    let schema = Directory::with(&[]).run(&["schema", "manifest"]);
    let schema = serde_json::from_str(&schema.out).expect("JSON");
    let schema = jsonschema::validator_for(&schema).expect("a schema");
    for text in [
        "containers.a = throw \"x\";",
        "containers = throw \"x\";",
        "networking = throw \"x\";",
        "networking.firewall = throw \"x\"; containers.b = { tmpfs = [ (throw \"x\") ]; config = { }; };",
        "containers.a = { forwardPorts = [ { hostPort = throw \"x\"; } ]; config = { }; };",
    ] {
        let directory = Directory::with(&[("host.nix", &format!("{{ {text} }}"))]);
        let (model, found) = kept(&directory.run(&["eval", "--keep-going", "host.nix"]));
        let wrong: Vec<_> =
            schema.iter_errors(&model).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(wrong.is_empty() && !found.is_empty(), "{text}: {wrong:?}");
        std::fs::write(directory.path().join("model.json"), model.to_string()).expect("a file");
        let said = directory.run(&["firewall", "model.json"]);
        assert!(said.code == Some(1) && said.err.contains("has no values for what failed"), "{text}: {said}");
    }
    let directory = Directory::with(&[("host.nix", "{ containers.a.config = { }; }")]);
    let said = directory.run(&["eval", "--keep-going", "host.nix"]);
    assert_eq!(said, directory.run(&["eval", "host.nix"]), "where nothing fails the flag changes nothing");
}

#[test]
fn check_looks_at_the_rest() {
    let rest = "containers.b = { privateNetwork = true; hostAddress = \"224.0.0.1\"; localAddress = \"10.0.0.2\"; config = { }; };";
    for text in [
        "containers.a = throw \"x\";",
        "networking.nat = throw \"x\";",
        "imports = [ ./gone.nix ];",
        "networking.hostName = throw \"x\";",
    ] {
        let directory =
            Directory::with(&[("host.nix", &format!("{{\n{text}\n{rest}\nwarnings = [ \"heed\" ]; }}"))]);
        let said = directory.run(&["check", "--keep-going", "host.nix"]);
        for line in ["host.nix:2:", "host.nix:3:", "is a multicast address", "warning[user-warning]: heed"] {
            assert!(said.code == Some(1) && said.err.contains(line), "{text}: {line}: {said}");
        }
        assert!(!said.err.contains("not supported"), "{text}: {said}");
        let without = directory.run(&["check", "host.nix"]);
        assert!(without.code == Some(1) && !without.err.contains("[user-warning]"), "{text}: {without}");
    }
}

/// The printed model with each failure replaced by its message.
fn told(json: &Value) -> Value {
    match json {
        Value::Object(set) => {
            let members = set.iter().map(|(name, json)| match name.as_str() {
                "_error" => {
                    let place =
                        format!("{}:{}:{}", json["file"].as_str().expect("a file"), json["line"], json["column"]);
                    (name.clone(), json!(format!("{} {place}", json["message"].as_str().expect("a message"))))
                }
                _ => (name.clone(), told(json)),
            });
            let members: serde_json::Map<_, _> = members.collect();
            match members.get("_error") {
                Some(error) if members.len() == 1 => error.clone(),
                _ => Value::Object(members),
            }
        }
        Value::Array(items) => items.iter().map(told).collect(),
        other => other.clone(),
    }
}

/// The expected model: `!x` stands for the failure of `throw "x"` at its location in the second line.
fn placed(json: &Value, line: &str) -> Value {
    match json {
        Value::Object(set) => set.iter().map(|(name, json)| (name.clone(), placed(json, line))).collect(),
        Value::Array(items) => items.iter().map(|json| placed(json, line)).collect(),
        Value::String(text) => match text.strip_prefix('!') {
            Some(message) => {
                let column = line.find(&format!("throw \"{message}\"")).expect("it is there") + 1;
                json!(format!("{message} h.nix:2:{column}"))
            }
            None => json.clone(),
        },
        other => other.clone(),
    }
}

#[test]
fn one_element_that_fails_takes_nothing_from_the_others() {
    let forward = |port: Value| json!({ "containerPort": null, "hostPort": port, "protocol": "tcp" });
    for (text, path, expected) in [
        // Elements of lists, at any depth.
        ("a.tmpfs = [ \"/a\" (throw \"el\") ];", "/a/tmpfs", json!(["/a", "!el"])),
        (
            "a.tmpfs = [ \"/a\" (lib.mkIf (throw \"cond\") \"/b\") \"/c\" ];",
            "/a/tmpfs",
            json!(["/a", "!cond", "/c"]),
        ),
        (
            "a.forwardPorts = [ { hostPort = 80; } (throw \"el\") { hostPort = 81; } ];",
            "/a/forwardPorts",
            json!([forward(json!(80)), "!el", forward(json!(81))]),
        ),
        (
            "a.extraVeths.x.forwardPorts = [ { hostPort = 1; } { hostPort = throw \"deep\"; } ];",
            "/a/extraVeths/x/forwardPorts",
            json!([forward(json!(1)), forward(json!("!deep"))]),
        ),
        (
            "a.extraFlags = map (x: x.y) [ { y = \"1\"; } { y = throw \"y\"; } ];",
            "/a/extraFlags",
            json!(["1", "!y"]),
        ),
        // Definitions of lists.
        (
            "a.tmpfs = lib.mkMerge [ [ \"/a\" ] (throw \"def\") [ \"/c\" ] ];",
            "/a/tmpfs",
            json!(["/a", "/c", "!def"]),
        ),
        (
            "a.tmpfs = lib.mkMerge [ (lib.mkIf (throw \"cond\") [ \"/b\" ]) [ \"/a\" ] ];",
            "/a/tmpfs",
            json!(["/a", "!cond"]),
        ),
        // Members of sets.
        (
            "a.bindMounts = { \"/x\" = throw \"x\"; \"/y\" = { isReadOnly = lib.mkIf (throw \"ro\") false; hostPath = \"/h\"; }; };",
            "/a/bindMounts",
            json!({ "/x": "!x", "/y": { "hostPath": "/h", "isReadOnly": "!ro", "mountPoint": "/y" } }),
        ),
    ] {
        let host = format!(
            "{{ lib, ... }}: {{ containers = {{\n{text}\na.autoStart = true; a.config = {{ }}; b = {{ ephemeral = true; config = {{ }}; }}; }}; }}"
        );
        let said = Directory::with(&[("h.nix", &host)]).run(&["eval", "--keep-going", "h.nix"]);
        assert_eq!(said.code, Some(1), "{said}");
        let model: Value = serde_json::from_str(&said.out).expect("JSON");
        let containers = told(&model["containers"]);
        let expected = placed(&expected, text);
        assert_eq!(containers.pointer(path), Some(&expected), "{text}");
        assert_eq!(
            (&containers["a"]["autoStart"], &containers["b"]["ephemeral"]),
            (&json!(true), &json!(true)),
            "{text}"
        );
    }
}

#[test]
fn definitions_of_containers_that_fail_hide_none_of_the_others() {
    let schema = Directory::with(&[]).run(&["schema", "manifest"]);
    let schema = jsonschema::validator_for(&serde_json::from_str(&schema.out).expect("JSON")).expect("a schema");
    for (text, errors) in [
        (
            "containers = lib.mkMerge [ { b.autoStart = true; b.config = { }; }\n(throw \"one\") ];",
            &["one h.nix:2:2"][..],
        ),
        (
            "config = lib.mkMerge [ { containers.b = { autoStart = true; config = { }; }; }\n(lib.mkIf (throw \"one\") { containers.c.config = { }; })\n\
             (throw \"two\") ];",
            &["one h.nix:2:12", "two h.nix:3:2"],
        ),
        (
            "imports = [ { containers.b = { autoStart = true; config = { }; }; } ]; config = lib.mkIf\n(throw \"one\") { \
             containers.c.config = { }; networking.hostName = \"n\"; };",
            &["one h.nix:2:2"],
        ),
        (
            "containers.b = { autoStart = true; config = { }; }; containers.c =\nthrow \"one\"; containers.d = { tmpfs = [\n\
             (throw \"two\") ]; config = { }; };",
            &["one h.nix:2:1", "two h.nix:3:2"],
        ),
    ] {
        let directory = Directory::with(&[("h.nix", &format!("{{ lib, ... }}: {{ {text} }}"))]);
        let said = directory.run(&["eval", "--keep-going", "h.nix"]);
        assert_eq!(said.code, Some(1), "{said}");
        let model: Value = serde_json::from_str(&said.out).expect("JSON");
        assert_eq!(model["containers"]["b"]["autoStart"], json!(true), "{said}");
        assert_eq!(model["boot"]["enableContainers"], json!(true), "{said}");
        let wrong: Vec<_> = schema.iter_errors(&model).map(|error| error.to_string()).collect();
        assert!(wrong.is_empty(), "{text}: {wrong:?}");
        for error in errors {
            let (message, place) = error.split_once(' ').expect("a message and a place");
            assert!(said.err.contains(&format!("{place}: error[evaluation]: {message}")), "{error}: {said}");
        }
        let whole = directory.run(&["eval", "h.nix"]);
        assert!(whole.code == Some(1) && whole.out.is_empty(), "{whole}");
    }
}

#[test]
fn ports_and_verdicts_that_fail_stand_beside_the_others() {
    let host = "{\nnetworking.firewall.allowedTCPPorts = [ 80\n(throw \"port\") 22 ];\nassertions = [ { assertion = throw \"as\"; message = \"m\"; }\n\
                { assertion = false; message = \"real\"; } ];\nwarnings = [ (throw \"w\") \"heed\" ];\ncontainers.a.config = { }; }";
    let directory = Directory::with(&[("h.nix", host)]);
    let said = directory.run(&["eval", "--keep-going", "h.nix"]);
    let model: Value = serde_json::from_str(&said.out).expect("JSON");
    assert_eq!(
        told(&model["networking"]["firewall"]["allowedTCPPorts"]),
        json!([22, 80, "port h.nix:3:2"]),
        "{said}"
    );
    let said = directory.run(&["check", "--keep-going", "h.nix"]);
    for line in [
        "h.nix:3:2: error[evaluation]: port",
        "h.nix:4:30: error[evaluation]: as",
        "h.nix:5:3: error[assertion]: real",
        "h.nix:6:15: error[evaluation]: w",
        "h.nix:6:1: warning[user-warning]: heed",
    ] {
        assert!(said.code == Some(1) && said.err.contains(line), "{line}: {said}");
    }
}
