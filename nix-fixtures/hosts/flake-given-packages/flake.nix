{
  # One package set for all hosts, made once and handed to each.
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs =
    { nixpkgs, ... }:
    let
      # NixOS looks for its overlays first, and so never sees what is added here.
      pkgs = nixpkgs.legacyPackages.aarch64-linux // { site = "added"; };
    in
    {
      nixosConfigurations.east = nixpkgs.lib.nixosSystem {
        inherit pkgs;
        specialArgs.shared = pkgs;
        modules = [ ./host.nix ];
      };
    };
}
