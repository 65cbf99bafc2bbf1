# Attributes of `self` among the inputs are none: a file and a module by `inputs.self`, and the names of the inputs.
{
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
  inputs.self = {
    submodules = true;
    lfs = true;
  };
  outputs = inputs: {
    nixosModules.m.containers.m.config = { };
    nixosConfigurations.w = inputs.nixpkgs.lib.nixosSystem {
      specialArgs = { inherit inputs; };
      modules = [
        (
          { inputs, ... }:
          {
            imports = [
              (inputs.self + "/n.nix")
              inputs.self.nixosModules.m
            ];
            containers.m.extraFlags = builtins.attrNames inputs;
          }
        )
      ];
    };
  };
}
