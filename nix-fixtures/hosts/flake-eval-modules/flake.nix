# Hosts come out of the flake's own little module system (`lib.evalModules` over `./flake`), as flake-parts does it.
{
  inputs = {
    nixpkgs.url = "github:NixOS/nixpkgs";
    parts.url = "path:./parts";
    parts.inputs.nixpkgs-lib.follows = "nixpkgs";
  };
  outputs = inputs@{ parts, ... }: parts.lib.mkFlake { inherit inputs; } { imports = [ ./hosts/pair.nix ./hosts/extra.nix ]; };
}
