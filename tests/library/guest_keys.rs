//! Guest keys: they tell without Nix whether a guest changed, from its code and everything that the code can reach.

use std::path::Path;

use container_rebuild::eval::{Arena, Evaluator, Settings};
use container_rebuild::host::files::RealFiles;
use container_rebuild::modules;
use container_rebuild::source::SourceMap;

const GUEST: &str = "containers.a.config = { config, pkgs, ... }: let port = 80; in { services.httpd.enable = true; \
                     networking.firewall.allowedTCPPorts = [ port ]; environment.etc = rec { x = y; y = ./page; }; };";

/// The key of the guest `a` of a host file with a file `page` beside it.
fn key(host: &str, page: &str) -> Option<String> {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("guest-keys");
    std::fs::create_dir_all(&directory).expect("a directory");
    let file = directory.join("host.nix");
    std::fs::write(&file, host).expect("written");
    std::fs::write(directory.join("page"), page).expect("written");
    let (arena, sources) = (Arena::new(), SourceMap::new());
    let settings = Settings { unknowns: true, ..Settings::default() };
    let mut evaluator = Evaluator::new(&arena, &RealFiles, &sources, settings);
    let evaluated = modules::evaluate(&mut evaluator, &file, modules::Guests::None).expect("it evaluates");
    evaluated.guest_keys.into_iter().find_map(|(name, key)| (name.as_str() == "a").then_some(key))
}

// A single test, because the file must have the same path each time.
#[test]
fn a_key_is_that_of_the_guest_and_of_nothing_else() {
    let plain = key(&format!("{{ {GUEST} }}"), "one");
    assert!(plain.is_some());
    for (host, what) in [
        (format!("{{ networking.nat.enable = true; {GUEST} }}"), "a name of it that is met before"),
        (
            format!("{{ imports = [ {{ x = 1; y = 2; }} ]; {GUEST} }}"),
            "all names that it binds, met in another order",
        ),
        (format!("{{ {GUEST} containers.a.autoStart = true; }}"), "an option of the container"),
        (
            format!("{{ {GUEST} containers.a.localAddress = \"10.0.0.2\"; }}"),
            "an address that it does not get, since its network is the host's",
        ),
        (format!("{{ /* a comment */\n\n  {GUEST}\n}}"), "layout"),
    ] {
        assert_eq!(key(&host, "one"), plain, "{what} makes another guest of it");
    }
    for (part, by) in [
        ("= 80", "= 81"),
        ("[ port ]", "[ 80 ]"),
        ("x = y", "x = x"),
        ("config, pkgs", "config, lib"),
        ("enable", "enabled"),
    ] {
        assert_ne!(key(&format!("{{ {} }}", GUEST.replace(part, by)), "one"), plain, "{part} -> {by} is no change");
    }
    assert_ne!(key(&format!("{{ {GUEST} }}"), "two"), plain, "another file is no change");
    // Container options that NixOS makes part of the guest.
    let private = "containers.a.privateNetwork = true; containers.a.localAddress = \"10.0.0.2/24\";";
    let mut keys = vec![plain];
    for more in [
        "containers.a.privateNetwork = true;".to_owned(),
        private.to_owned(),
        private.replace("10.0.0.2", "10.0.0.3"),
        format!("{private} containers.a.localAddress6 = \"fd00::2\";"),
        "containers.a.privateNetwork = true; imports = [ ({ pkgs, ... }: { containers.a.localAddress = pkgs.one; }) ];".to_owned(),
        "containers.a.privateNetwork = true; imports = [ ({ pkgs, ... }: { containers.a.localAddress = pkgs.two; }) ];".to_owned(),
        "containers.a.specialArgs.word = 1;".to_owned(),
        "containers.a.specialArgs.word = 2;".to_owned(),
        "containers.a.nixpkgs = \"/nix/store/bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb-nixpkgs\";".to_owned(),
        "nixpkgs.hostPlatform = \"aarch64-linux\";".to_owned(),
    ] {
        let key = key(&format!("{{ {GUEST} {more} }}"), "one");
        assert!(key.is_some() && !keys.contains(&key), "{more} is no change");
        keys.push(key);
    }
}
