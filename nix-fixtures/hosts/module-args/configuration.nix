# `_module.args` supplies arguments to all modules: constants, functions and values that depend on `config`.
{ config, lib, ... }:
{
  imports = [ ./net.nix ./apps.nix ];
  _module.args = {
    site = { prefix = "10.90"; gateway = "10.90.0.1"; };
    mkGuest = name: n: {
      autoStart = true;
      privateNetwork = true;
      hostAddress = "10.90.0.1";
      localAddress = "10.90.${toString n}.2";
      extraFlags = [ "--setenv=HOST=${config.networking.hostName}" "--setenv=NAME=${name}" ];
      config = { };
    };
  };
  _module.args.ports = lib.mapAttrs (_: c: map (p: p.hostPort) c.forwardPorts) config.containers;
  networking.hostName = "arguments";
  system.stateVersion = "25.05";
}
