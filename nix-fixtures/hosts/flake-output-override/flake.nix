# Hosts are extended and overridden afterwards: `extendModules`, `//` on outputs, `lib.nixosSystem` called by a helper with defaults.
{
  inputs.nixpkgs.url = "github:NixOS/nixpkgs";
  outputs =
    { self, nixpkgs }:
    let
      system = { modules, arch ? "x86_64", extra ? { } }: nixpkgs.lib.nixosSystem ({ system = "${arch}-linux"; inherit modules; } // extra);
      base = system { modules = [ ./base.nix ]; };
    in
    {
      nixosConfigurations = {
        base = base;
        lab = base.extendModules { modules = [ ./lab.nix { networking.hostName = "lab"; } ]; };
      };
    };
}
