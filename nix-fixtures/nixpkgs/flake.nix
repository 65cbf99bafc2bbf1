{
  description = "A small nixpkgs with NixOS's interfaces, for containers on Debian guests";

  outputs =
    { self }:
    let
      lib = import ./lib;
      forSystems = lib.genAttrs lib.systems.flakeExposed;
    in
    {
      lib = lib // {
        nixosSystem = args: import ./nixos/lib/eval-config.nix ({ system = null; inherit lib; } // args);
      };
      legacyPackages = forSystems (system: import ./. { inherit system; });
    };
}
