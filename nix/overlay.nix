# Adds `pkgs.container-rebuild`.
final: _prev: { container-rebuild = final.callPackage ./package.nix { }; }
