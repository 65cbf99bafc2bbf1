# An own option with `freeformType`: known keys are typed, others pass; the whole is turned into flags and mounts.
{ config, lib, ... }:
let
  settingsType = lib.types.submodule {
    freeformType = with lib.types; attrsOf (oneOf [ bool int str (listOf str) ]);
    options.port = lib.mkOption { type = lib.types.port; default = 8000; };
    options.host = lib.mkOption { type = lib.types.str; default = "0.0.0.0"; };
  };
  render = v: if lib.isBool v then lib.boolToString v else if lib.isList v then lib.concatStringsSep ";" v else toString v;
in
{
  options.app.settings = lib.mkOption { type = settingsType; default = { }; };
  options.app.extra = lib.mkOption { type = lib.types.attrsOf lib.types.unspecified; default = { }; };

  config = {
    app.settings = {
      log_level = "debug";
      workers = 4;
      tags = [ "x" "y" ];
      debug = lib.mkIf (config.networking.hostName == "freeform") true;
      port = lib.mkDefault 8001;
    };
    app.extra.anything = { goes = 1; };
    networking.hostName = "freeform";
    containers.app = {
      extraFlags = lib.mapAttrsToList (k: v: "--setenv=${lib.toUpper k}=${render v}") config.app.settings;
      forwardPorts = [ { hostPort = config.app.settings.port; } ];
      tmpfs = lib.attrNames config.app.extra;
      config = { };
    };
    system.stateVersion = "25.05";
  };
}
