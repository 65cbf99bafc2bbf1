//! A host from a flake, evaluated by us and built by Nix.

use crate::support::{EXAMPLE, Lab, PAGE, with};

const FLAKE: &str = r#"{
  inputs.nixpkgs.url = "path:/var/lib/lab/nixpkgs";
  outputs = { self, nixpkgs }: {
    nixosConfigurations.server = nixpkgs.lib.nixosSystem { system = "x86_64-linux"; modules = [ ./host.nix ]; };
  };
}
"#;

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_host_of_a_flake_is_switched_to_and_has_to_be_named() {
    let lab = Lab::empty();
    lab.sh("mkdir /mnt/wasabiData").ok();
    lab.write("/root/site/flake.nix", &FLAKE.replace("x86_64", std::env::consts::ARCH));
    lab.write("/root/site/host.nix", EXAMPLE);
    lab.sh("container-rebuild switch --yes /root/site#server").ok();
    assert_eq!(lab.page("http://192.168.100.11/"), PAGE);
    let first = lab.observe();
    assert_eq!(lab.sh("container-rebuild switch --yes /root/site#server").ok(), "No changes.\n");
    let second = lab.observe();
    assert!(first.kept(&second, "wasabi"));
    assert_eq!((first.nft_generation, first.nix_calls), (second.nft_generation, second.nix_calls.clone()));

    lab.write("/root/site/host.nix", &with(EXAMPLE, "foo@example.org", "bar@example.org"));
    lab.sh("container-rebuild switch --yes /root/site#server").ok();
    assert_eq!(lab.page("http://192.168.100.11/"), PAGE.replace("foo@", "bar@"));
    // A command that changes the host guesses neither the flake's only host nor a misspelt one.
    for (config, message) in [("/root/site", "the flake has no host `lab`"), ("/root/site#sever", "server")] {
        let said = lab.sh(&format!("container-rebuild switch --yes {config}"));
        assert!(said.code == 1 && said.err.contains(message), "{config}: {said:#?}");
    }
    assert!(lab.sh("container-rebuild plan /root/site").ok().contains("No changes."));
    lab.sh("rm -r /root/site").ok();
    lab.finish();
}
