{ inputs, lib, config, ... }:
{
  imports = [ ./extra.nix ];
  options.machines = lib.mkOption { type = lib.types.attrsOf (lib.types.submodule { options.modules = lib.mkOption { type = lib.types.listOf lib.types.deferredModule; default = [ ]; }; options.tags = lib.mkOption { type = with lib.types; listOf str; default = [ ]; }; }); default = { }; };
  config.machines.hub = { modules = [ ./hub.nix ]; tags = [ "edge" ]; };
  config.flake.nixosConfigurations = lib.mapAttrs (name: machine: inputs.nixpkgs.lib.nixosSystem {
    specialArgs = { inherit (machine) tags; };
    modules = machine.modules ++ [ { networking.hostName = name; } ];
  }) config.machines;
}
