//! Options that NixOS sets in a guest from outside (`extraConfig` in `nixos-containers.nix`), merged with the guest's own.

use serde_json::{Value, json};

use crate::program::Directory;

/// The output of `eval --guest` for the guest of a container with these options.
fn guest(container: &str) -> Value {
    let host = format!(
        "{{ lib, pkgs, ... }}: {{ nixpkgs.hostPlatform = \"aarch64-linux\"; containers.web = {{ {container} }}; }}"
    );
    let said = Directory::with(&[("host.nix", &host)]).run(&["eval", "--guest", "host.nix"]);
    assert_eq!(said.code, Some(0), "{said}");
    let model: Value = serde_json::from_str(&said.out).expect("JSON");
    model["containers"]["web"]["guest"].clone()
}

fn v4(address: &str, length: u8) -> Value {
    json!({ "address": address, "prefixLength": length })
}

#[test]
fn a_guest_has_a_name_a_kind_and_a_platform() {
    assert_eq!(
        guest("config = { };"),
        json!({
            "boot": { "isContainer": true, "isNspawnContainer": true },
            "networking": { "hostName": "web", "useDHCP": false },
            "nixpkgs": { "hostPlatform": { "system": "aarch64-linux" } },
        })
    );
    for (text, path, expected) in [
        // NixOS's `mkDefault` yields to the guest's definition, but not to a weaker one.
        ("networking.hostName = \"own\";", "/networking/hostName", json!("own")),
        ("networking.hostName = lib.mkOverride 1200 \"weak\";", "/networking/hostName", json!("web")),
        ("networking.hostName = lib.mkIf false \"own\";", "/networking/hostName", json!("web")),
        // NixOS's plain definition yields only to a higher priority.
        ("networking.useDHCP = lib.mkDefault true;", "/networking/useDHCP", json!(false)),
        ("networking.useDHCP = lib.mkForce true;", "/networking/useDHCP", json!(true)),
        ("boot.isContainer = true;", "/boot/isContainer", json!(true)),
        ("boot.isContainer = lib.mkForce false;", "/boot/isContainer", json!(false)),
        // The guest can read these options too.
        ("services.x.domain = \"${config.networking.hostName}.lan\";", "/services/x/domain", json!("web.lan")),
        ("services.x.dhcp = config.networking.useDHCP;", "/services/x/dhcp", json!(false)),
        ("services.x.on = config.boot.isContainer;", "/services/x/on", json!(true)),
    ] {
        let guest = guest(&format!("config = {{ config, lib, ... }}: {{ {text} }};"));
        assert_eq!(guest.pointer(path), Some(&expected), "{text}: {guest}");
    }
}

#[test]
fn a_private_network_gives_its_link_addresses() {
    let own = "networking.interfaces.eth0.ipv4.addresses = [ { address = \"10.0.0.9\"; prefixLength = 8; } ];";
    for (container, v4_addresses, v6_addresses) in [
        (
            "localAddress = \"10.0.0.2\"; privateNetwork = true; config = { };".to_owned(),
            json!([v4("10.0.0.2", 32)]),
            Value::Null,
        ),
        (
            "localAddress = \"10.0.0.2/24\"; hostBridge = \"br0\"; privateNetwork = true; config = { };".to_owned(),
            json!([v4("10.0.0.2", 24)]),
            Value::Null,
        ),
        (
            "localAddress6 = \"2001:DB8::2/64\"; hostBridge = \"br0\"; privateNetwork = true; config = { };"
                .to_owned(),
            Value::Null,
            json!([v4("2001:db8:0:0:0:0:0:2", 64)]),
        ),
        (
            "localAddress6 = \"fd00::2\"; privateNetwork = true; config = { };".to_owned(),
            Value::Null,
            json!([v4("fd00:0:0:0:0:0:0:2", 128)]),
        ),
        // Lists are merged; definitions of later modules come first.
        (
            format!("localAddress = \"10.0.0.2\"; privateNetwork = true; config = {{ {own} }};"),
            json!([v4("10.0.0.9", 8), v4("10.0.0.2", 32)]),
            Value::Null,
        ),
        // Without its own network, a guest gets no options from outside.
        ("localAddress = \"10.0.0.2\"; config = { };".to_owned(), Value::Null, Value::Null),
        (format!("config = {{ {own} }};"), json!([v4("10.0.0.9", 8)]), Value::Null),
        ("privateNetwork = true; config = { };".to_owned(), Value::Null, Value::Null),
    ] {
        let guest = guest(&container);
        let eth0 = &guest["networking"]["interfaces"]["eth0"];
        assert_eq!(
            (&eth0["ipv4"]["addresses"], &eth0["ipv6"]["addresses"]),
            (&v4_addresses, &v6_addresses),
            "{container}: {guest}"
        );
    }
    let unknown = guest("localAddress = pkgs.foo.address; privateNetwork = true; config = { };");
    assert!(unknown["networking"]["interfaces"]["eth0"]["ipv4"]["addresses"]["_unknown"].is_object(), "{unknown}");
}

#[test]
fn lints_judge_only_what_the_guest_sets_itself() {
    // Lints look only at the guest's own options: the addresses of its interface are not another way out.
    let host = "{ networking.nat.enable = true; networking.nat.externalInterface = \"eth0\"; containers.a = { privateNetwork = true; hostBridge = \"br0\";\n\
                localAddress = \"10.9.0.3/24\"; config = { services.transmission.enable = true; }; }; }";
    let directory = Directory::with(&[("host.nix", host)]);
    let said = directory.run(&["check", "host.nix"]);
    assert!(said.err.contains("host.nix:2:1: warning[no-gateway]"), "{said}");
    let positions = directory.run(&["eval", "--guest", "--positions", "host.nix"]);
    let positions: Value = serde_json::from_str(&positions.out).expect("JSON");
    let positions = positions["positions"].as_object().expect("positions");
    assert!(positions.keys().all(|path| !path.contains("config.networking")), "{positions:?}");
    // The plan gives one reason, and does not repeat it for the option that NixOS derives.
    std::fs::write(directory.path().join("before.nix"), host.replace("0.3/24", "0.4/24")).expect("a file");
    let said = directory.run(&["plan", "--from", "before.nix", "--format", "json", "host.nix"]);
    let plan: Value = serde_json::from_str(&said.out).expect("JSON");
    let reasons = plan["changes"][0]["reasons"].as_array().expect("reasons");
    let options: Vec<_> = reasons.iter().filter_map(|reason| reason["option"].as_str()).collect();
    assert!(
        options.contains(&"localAddress") && options.iter().all(|option| !option.starts_with("config.networking")),
        "{options:?}"
    );
}
