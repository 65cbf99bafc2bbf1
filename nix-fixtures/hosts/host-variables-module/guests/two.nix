{ config, lib, ... }:
{
  containers.two = lib.mkIf (config.vars ? network) { interfaces = [ config.vars.network.wan ]; config = { }; };
  containers.three = lib.mkIf (config.vars ? nothing) { config = { }; };
}
