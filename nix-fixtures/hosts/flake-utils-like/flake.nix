# Outputs per system by a local `each-system` helper merged with hosts; hosts named by `"${user}@${host}"` keys beside plain ones.
{
  inputs = {
    nixpkgs.url = "github:NixOS/nixpkgs/nixos-25.05";
    utils.url = "./utils";
  };
  outputs =
    { self, nixpkgs, utils, ... }:
    let
      user = "ops";
      mk = host: modules: {
        ${host} = nixpkgs.lib.nixosSystem {
          system = "x86_64-linux";
          specialArgs = { inherit user; };
          modules = [ ({ ... }: { networking.hostName = nixpkgs.lib.mkDefault host; system.stateVersion = "25.05"; }) ] ++ modules;
        };
      };
    in
    utils.lib.eachSystem [ "x86_64-linux" "aarch64-linux" ] (system: {
      formatter = nixpkgs.legacyPackages.${system}.hello;
    })
    // {
      nixosConfigurations = mk "gate" [ ./gate.nix ] // mk "${user}@vm" [ ./gate.nix { containers.inside.ephemeral = true; } ];
    };
}
