# One attribute of `self` in a set of inputs, an output that inherits from another, a function with `...`.
{
  inputs = {
    self.lfs = true;
    nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
  };
  outputs =
    { self, ... }@inputs:
    with inputs;
    {
      inherit (self.parts) nixosConfigurations;
      parts.nixosConfigurations.w = nixpkgs.lib.nixosSystem {
        modules = [
          ./n.nix
          { containers.c = { config = { }; extraFlags = builtins.attrNames self.inputs; }; }
        ];
      };
    };
}
