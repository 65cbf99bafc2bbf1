# Attributes of `self` in a flake that is an input itself, and `"${self}/n.nix"` in the one that has it.
{
  inputs.self.submodules = false;
  inputs.sub.url = "path:./sub";
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
  outputs =
    { self, nixpkgs, sub }:
    {
      nixosConfigurations.w = nixpkgs.lib.nixosSystem {
        modules = [
          sub.nixosModules.s
          (import "${self}/n.nix")
          {
            containers.c = {
              config = { };
              autoStart = self ? submodules;
              extraFlags = builtins.attrNames self.inputs;
            };
          }
        ];
      };
    };
}
