# `mkAliasDefinitions` and `mkAliasAndWrapDefinitions` hand definitions on with their priorities; `mkDefinition` with a file.
{ config, lib, options, ... }:
{
  options.vm = {
    mounts = lib.mkOption { type = lib.types.attrsOf lib.types.anything; default = { }; };
    flags = lib.mkOption { type = lib.types.listOf lib.types.str; default = [ "--default" ]; };
    start = lib.mkOption { type = lib.types.bool; };
  };
  config = {
    networking.hostName = "alias";
    vm.mounts."/m".hostPath = "/srv/m";
    vm.flags = lib.mkMerge [ [ "--b" ] (lib.mkBefore [ "--a" ]) ];
    vm.start = lib.mkDefault true;
    containers.v = {
      bindMounts = lib.mkAliasDefinitions options.vm.mounts;
      extraFlags = lib.mkAliasDefinitions options.vm.flags;
      autoStart = lib.mkIf options.vm.start.isDefined (lib.mkAliasDefinitions options.vm.start);
      ephemeral = lib.mkDefinition { file = "elsewhere.nix"; value = true; };
      config = { };
    };
    system.stateVersion = "25.05";
  };
}
