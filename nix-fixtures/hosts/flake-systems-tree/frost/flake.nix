{
  inputs.nixpkgs.url = "github:NixOS/nixpkgs";
  outputs = { nixpkgs, ... }: {
    lib.mkFlake =
      { inputs, src, namespace }:
      let
        core = inputs.nixpkgs.lib;
        dirs = dir: if builtins.pathExists dir then builtins.attrNames (core.filterAttrs (_: kind: kind == "directory") (builtins.readDir dir)) else [ ];
        modules = map (name: src + "/modules/nixos/${name}") (dirs (src + "/modules/nixos"));
        lib = core.extend (final: prev: { ${namespace} = import (src + "/lib") { inherit (inputs) nixpkgs; lib = final; }; });
        hosts = core.concatMap (system: map (host: { inherit system host; }) (dirs (src + "/systems/${system}"))) (dirs (src + "/systems"));
      in
      {
        nixosConfigurations = builtins.listToAttrs (
          map (
            { system, host }:
            core.nameValuePair host (
              core.nixosSystem {
                inherit system;
                specialArgs = { inherit lib namespace inputs host; };
                modules = modules ++ [ (src + "/systems/${system}/${host}") { networking.hostName = core.mkDefault host; } ];
              }
            )
          ) hosts
        );
      };
  };
}
