# A hive for another deployment tool, whose nodes become hosts too: `meta.specialArgs`, `defaults`, `deployment` options of one's own.
{
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-25.05";
  outputs = { nixpkgs, self }:
    let
      inherit (nixpkgs) lib;
      hive = {
        meta = { nixpkgs = import nixpkgs { system = "x86_64-linux"; }; specialArgs.domain = "hive.example"; nodeSpecialArgs.bee = { role = "queen"; }; };
        defaults = { name, lib, ... }: { networking.hostName = lib.mkDefault name; deployment.tags = [ "all" ]; system.stateVersion = "25.05"; };
        bee = { role, domain, config, ... }: { containers.comb = { autoStart = role == "queen"; extraFlags = [ "--hostname=comb.${domain}" ] ++ config.deployment.tags; config = { }; }; deployment.tags = [ role ]; };
        drone = { ... }: { };
      };
      deployment = { lib, ... }: { options.deployment = { tags = lib.mkOption { type = lib.types.listOf lib.types.str; default = [ ]; }; targetHost = lib.mkOption { type = lib.types.nullOr lib.types.str; default = null; }; }; };
    in
    {
      colmena = hive;
      nixosConfigurations = lib.mapAttrs (name: node: lib.nixosSystem {
        specialArgs = { inherit name; } // hive.meta.specialArgs // hive.meta.nodeSpecialArgs.${name} or { };
        modules = [ deployment hive.defaults node ];
      }) (removeAttrs hive [ "meta" "defaults" ]);
    };
}
