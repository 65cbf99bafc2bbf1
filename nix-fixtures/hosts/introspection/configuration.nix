# What `options` tells: definitions with their places, files, types, priorities, whether something is defined, defaults.
{ config, lib, options, ... }:
let
  o = options.fleet;
  rel = f: lib.last (lib.splitString "/" (toString f));
in
{
  imports = [ ./a.nix ./b.nix ];
  options.fleet = {
    nodes = lib.mkOption { type = lib.types.attrsOf (lib.types.submodule { options.ip = lib.mkOption { type = lib.types.str; }; }); default = { }; };
    mode = lib.mkOption { type = lib.types.enum [ "a" "b" ]; default = "a"; description = "mode of the fleet"; };
    unset = lib.mkOption { type = lib.types.int; };
    weight = lib.mkOption { type = lib.types.int; default = 5; apply = n: n * 2; };
    tags = lib.mkOption { type = lib.types.listOf lib.types.str; defaultText = lib.literalExpression "none"; default = [ ]; example = [ "x" ]; };
  };
  config = {
    networking.hostName = "mirror";
    containers.look = {
      extraFlags = [
        "--setenv=DEFS=${toString (lib.length o.tags.definitions)}"
        "--setenv=WHERE=${lib.concatMapStringsSep "," (d: "${rel d.file}:${toString (lib.length d.value)}") o.tags.definitionsWithLocations}"
        "--setenv=FILES=${lib.concatMapStringsSep "," rel o.mode.files}"
        "--setenv=TYPE=${o.mode.type.name}/${o.tags.type.description}"
        "--setenv=PRIO=${toString o.mode.highestPrio}/${toString o.weight.highestPrio}"
        "--setenv=VALUE=${toString o.weight.value}/${toString config.fleet.weight}"
        "--setenv=TEXT=${o.tags.defaultText.text}/${o.mode.description}/${toString o.tags.example}"
        "--setenv=LOC=${lib.showOption o.nodes.loc}"
        "--setenv=IS=${lib.boolToString (lib.isOption o.mode)}/${lib.boolToString (lib.isOption o)}"
      ];
      autoStart = o.mode.isDefined && !o.unset.isDefined;
      ephemeral = o ? nodes && !(o ? other);
      privateNetwork = options.containers.isDefined;
      enableTun = options.fleet.weight.isDefined;
      config = { };
    };
    containers.nodes = lib.mkIf (options.fleet.nodes.definitions != [ ]) { config = { }; hostBridge = config.fleet.nodes.n1.ip; };
    system.stateVersion = "25.05";
  };
}
