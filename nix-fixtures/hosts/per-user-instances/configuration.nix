# One container per user of a table, nested `mapAttrs` in `listOf submodule` options, ports counted from a base.
{ config, lib, ... }:
with lib;
{
  options.workspaces = mkOption {
    default = { };
    type = types.attrsOf (types.submodule ({ name, ... }: {
      options = {
        index = mkOption { type = types.ints.unsigned; };
        shell = mkOption { type = types.enum [ "bash" "zsh" ]; default = "bash"; };
        services = mkOption {
          default = [ ];
          type = types.listOf (types.submodule ({ config, ... }: {
            options = {
              port = mkOption { type = types.port; };
              public = mkOption { type = types.bool; default = config.port < 1024; };
              protocol = mkOption { type = types.enum [ "tcp" "udp" ]; default = "tcp"; };
            };
          }));
        };
        home = mkOption { type = types.str; default = "/home/${name}"; };
      };
    }));
  };
  config = {
    networking.hostName = "workspaces";
    workspaces.ann = { index = 0; services = [ { port = 80; } { port = 8080; } ]; };
    workspaces.bob = { index = 1; shell = "zsh"; services = [ { port = 53; protocol = "udp"; } ]; home = "/data/bob"; };
    workspaces.cyd.index = 2;
    containers = mapAttrs' (name: w: nameValuePair "ws-${name}" {
      autoStart = w.services != [ ];
      privateNetwork = true;
      privateUsers = 100000 + w.index * 65536;
      hostAddress = "10.44.0.1";
      localAddress = "10.44.1.${toString (w.index + 1)}";
      bindMounts.${w.home}.isReadOnly = false;
      extraFlags = [ "--setenv=SHELL=/bin/${w.shell}" ];
      forwardPorts = imap0 (i: s: { hostPort = if s.public then s.port else 20000 + 100 * w.index + i; containerPort = s.port; inherit (s) protocol; }) w.services;
      config = { };
    }) config.workspaces;
    networking.firewall.allowedTCPPorts = pipe config.workspaces [ attrValues (concatMap (w: w.services)) (filter (s: s.public && s.protocol == "tcp")) (map (s: s.port)) ];
    system.stateVersion = "25.05";
  };
}
