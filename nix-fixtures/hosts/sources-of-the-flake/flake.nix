# Files of the flake's own source: read and imported by `self`, by relative paths, by `builtins.path` and by `lib.fileset`.
{
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-25.05";
  outputs = { self, nixpkgs }: {
    data = nixpkgs.lib.importTOML (self + "/data.toml");
    lib.greet = import "${self}/lib/greet.nix";
    nixosConfigurations.src = nixpkgs.lib.nixosSystem {
      modules = [
        ({ lib, ... }: {
          networking = { inherit (self.data) hostName; };
          containers.src = {
            extraFlags = [ (self.lib.greet "you") (lib.trim (builtins.readFile ./data.txt)) (toString (builtins.attrNames (builtins.readDir (self + "/lib")))) (lib.boolToString (self ? rev && false)) ];
            autoStart = builtins.pathExists (self + "/data.txt");
            ephemeral = builtins.pathExists "${self.outPath}/nowhere";
            bindMounts = builtins.mapAttrs (_: hostPath: { inherit hostPath; }) self.data.mounts;
            config = { };
          };
          system.stateVersion = "25.05";
        })
      ];
    };
  };
}
