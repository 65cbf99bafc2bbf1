{ config, lib, pkgs, ... }:
{
  options.pods.names = lib.mkOption { type = lib.types.listOf lib.types.str; default = [ ]; };
  config.containers = lib.genAttrs config.pods.names (name: {
    autoStart = true;
    privateNetwork = true;
    hostBridge = "br-${name}";
    extraFlags = [ "--setenv=SYSTEM=${pkgs.system}" ];
    config = { };
  });
}
