# `containers = mkMerge (mapAttrsToList … config.farm)`: each instance gives a container, a forwarded port and a firewall rule.
{ config, lib, ... }:
let
  inherit (lib) mkOption types mapAttrsToList mkMerge mkIf imap1;
  instance = { name, config, ... }: {
    options = {
      id = mkOption { type = types.ints.between 2 254; };
      memory = mkOption { type = types.nullOr types.str; default = null; };
      web = mkOption { type = types.bool; default = false; };
      hostName = mkOption { type = types.str; default = "${name}-${toString config.id}"; };
    };
  };
in
{
  options.farm = mkOption { type = types.attrsOf (types.submodule instance); default = { }; };
  config = mkMerge [
      {
        networking.hostName = "farm";
        system.stateVersion = "25.05";
        farm = { alpha = { id = 10; web = true; }; beta = { id = 11; memory = "2G"; }; gamma.id = 12; gamma.hostName = "renamed"; };
      }
      {
        containers = mkMerge (mapAttrsToList (name: c: {
          ${name} = {
            autoStart = true;
            privateNetwork = true;
            hostAddress = "192.168.77.1";
            localAddress = "192.168.77.${toString c.id}";
            extraFlags = [ "--setenv=HOST=${c.hostName}" ] ++ lib.optional (c.memory != null) "--property=MemoryMax=${c.memory}";
            config = { };
          };
        }) config.farm);
        networking.nat.forwardPorts = mkMerge (mapAttrsToList (name: c: mkIf c.web [ { sourcePort = 80; destination = "192.168.77.${toString c.id}:80"; } ]) config.farm);
        networking.firewall.interfaces = mkMerge (mapAttrsToList (name: c: { "ve-${name}".allowedTCPPorts = [ (5000 + c.id) ]; }) config.farm);
      }
    ];
}
