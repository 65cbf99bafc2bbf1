# Flakes of other people, by the names that configurations give them.
{
  lib,
  vary,
  system,
  packages,
}:
let
  missing = ./modules/missing.nix;
  # A flake with a module of which nothing is read.
  opaque = {
    outPath = "/other/flake";
    rev = vary "a" "b";
    nixosModules = lib.genAttrs [ "default" "module" "impermanence" "home-manager" "disko" "nix-index" "common-cpu-amd" "common-pc-ssd" "lanzaboote" "microvm" "host" "simple-nixos-mailserver" "nixos-vscode-server" "nix-minecraft" "minecraft-servers" ] (_: missing);
    overlays.default = _: _: { };
    packages = lib.genAttrs [ "x86_64-linux" "aarch64-linux" ] (_: (packages "x86_64-linux") // { default = (packages "x86_64-linux").hello; });
  };
in
rec {
  nixpkgs-unstable = nixpkgs;
  nixpkgs = {
    # As in nixpkgs, what extends the library keeps this.
    lib = lib.extend (_: _: { nixosSystem = system; });
    legacyPackages = lib.genAttrs [ "x86_64-linux" "aarch64-linux" ] packages;
    outPath = ../nixpkgs;
    rev = vary "a" "b";
  };
  # Known to the program without their sources: one text for both.
  flake-parts = import ../../src/modules/known/flake-parts.nix { inherit lib; };
  colmena.lib.makeHive = hive: {
    nodes = import ../../src/modules/known/colmena.nix { inherit lib; nixosSystem = system; } hive;
  };
  treefmt-nix.flakeModule = { };
  nixpkgs-lib = { inherit lib; outPath = ../nixpkgs; };
  agenix = opaque // {
    nixosModules = rec { default = import ./modules/agenix.nix vary; age = default; };
  };
  sops-nix = opaque // {
    nixosModules = rec { default = sops; sops = import ./modules/sops.nix vary; };
  };
  home-manager = opaque;
  impermanence = opaque;
  disko = opaque;
  nixos-hardware = opaque;
  lanzaboote = opaque;
  nix-minecraft = opaque;
  simple-nixos-mailserver = opaque;
  vscode-server = opaque;
}
