# Every host takes all modules of the tree; options under `roles` decide which of them do something on this one.
{
  inputs.nixpkgs.url = "github:NixOS/nixpkgs";
  outputs = { self, nixpkgs }@inputs:
    let
      lib = nixpkgs.lib;
      all = map (name: ./modules/${name}) (builtins.attrNames (builtins.readDir ./modules));
      host = name: lib.nixosSystem {
        system = "x86_64-linux";
        specialArgs = { inherit inputs; hostName = name; };
        modules = all ++ [ (./hosts + "/${name}.nix") ];
      };
    in
    { nixosConfigurations = lib.genAttrs [ "edge" "core" ] host; };
}
