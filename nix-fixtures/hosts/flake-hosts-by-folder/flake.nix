# Hosts by `readDir ./hosts`, each with `meta.nix` that says system, roles and tags; roles are modules; the outputs are `rec`.
{
  inputs.nixpkgs.url = "nixpkgs/nixos-unstable";
  outputs = inputs: with inputs.nixpkgs.lib; rec {
    lib = { roles = genAttrs [ "router" "builder" ] (r: ./roles + "/${r}.nix"); };
    hosts = attrNames (filterAttrs (_: t: t == "directory") (builtins.readDir ./hosts));
    metas = genAttrs hosts (h: { system = "x86_64-linux"; roles = [ ]; } // import (./hosts + "/${h}/meta.nix"));
    nixosConfigurations = mapAttrs (h: meta: nixosSystem {
      inherit (meta) system;
      modules = singleton { networking.hostName = h; _module.args = { inherit meta; peers = remove h hosts; }; } ++ map (r: lib.roles.${r}) meta.roles ++ [ ./hosts/${h} ];
    }) metas;
  };
}
