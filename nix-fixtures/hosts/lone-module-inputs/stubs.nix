{ vary, missing, lib, ... }:
let
  flake = {
    nixosModules = lib.genAttrs [ "impermanence" "home-manager" "common" "minecraft-servers" ] (_: missing);
    packages.x86_64-linux.default = vary "/nix/store/a" "/nix/store/b";
    overlays = { };
  };
in
{
  args = {
    inputs = lib.genAttrs [ "impermanence" "home-manager" "nix-minecraft" ] (_: flake) // { nixpkgs = "/nixpkgs"; };
    outputs = flake;
    system = "x86_64-linux";
    self = { outPath = toString ./self; rev = vary "a" "b"; };
  };
}
