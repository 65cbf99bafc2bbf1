# Primary and replicas from one submodule option whose defaults depend on sibling entries and on the number of replicas.
{ config, lib, ... }:
let
  inherit (lib) mkOption types;
  cfg = config.cluster;
  nodeType = types.submodule ({ name, config, ... }: {
    options = {
      primary = mkOption { type = types.bool; default = name == cfg.primary; };
      index = mkOption { type = types.int; default = lib.lists.findFirstIndex (n: n == name) (-1) (lib.attrNames cfg.nodes); };
      address = mkOption { type = types.str; };
      port = mkOption { type = types.port; };
      upstream = mkOption { type = types.nullOr types.str; };
    };
    config = {
      address = lib.mkDefault "10.170.0.${toString (10 + config.index)}";
      port = lib.mkDefault (5432 + config.index);
      upstream = if config.primary then null else "${cfg.nodes.${cfg.primary}.address}:${toString cfg.nodes.${cfg.primary}.port}";
    };
  });
in
{
  options.cluster = {
    primary = mkOption { type = types.str; default = lib.head (lib.attrNames cfg.nodes); };
    nodes = mkOption { type = types.attrsOf nodeType; default = { }; };
  };
  config = {
    networking.hostName = "cluster";
    cluster.nodes = { pg-a = { }; pg-b.port = 6000; pg-c = { address = "10.170.9.9"; }; };
    cluster.primary = "pg-b";
    containers = lib.mapAttrs (name: n: {
      autoStart = n.primary;
      privateNetwork = true;
      hostBridge = "br-db";
      localAddress = "${n.address}/16";
      forwardPorts = lib.optional n.primary { hostPort = n.port; };
      extraFlags = lib.optional (n.upstream != null) "--setenv=UPSTREAM=${n.upstream}";
      bindMounts."/var/lib/postgresql".hostPath = "/srv/${name}-${toString n.index}";
      config = { };
    }) cfg.nodes;
    networking.firewall.interfaces.br-db.allowedTCPPorts = lib.mapAttrsToList (_: n: n.port) cfg.nodes;
    system.stateVersion = "25.05";
  };
}
