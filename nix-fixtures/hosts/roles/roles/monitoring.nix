{ config, lib, ... }:
let
  inherit (lib) types mkOption;
  cfg = config.roles.monitoring;
in
{
  options.roles.monitoring = {
    level = mkOption { type = types.enum [ "off" "full" "never" ]; default = "off"; };
    targets = mkOption { type = types.listOf types.str; default = [ ]; };
  };
  config = lib.mkIf (cfg.level == "full") {
    roles.monitoring.targets = lib.mkBefore [ "host" ];
    containers.monitoring = {
      ephemeral = true;
      extraFlags = map (t: "--setenv=TARGET_${lib.toUpper t}=1") cfg.targets;
      config = { };
    };
  };
}
