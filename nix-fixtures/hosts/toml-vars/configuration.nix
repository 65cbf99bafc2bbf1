# Host variables come from TOML, through `importTOML` and `fromTOML`; dotted keys and arrays of tables.
{ lib, ... }:
let
  inventory = lib.importTOML ./inventory.toml;
  limits = builtins.fromTOML (builtins.readFile ./limits.toml);
  byName = lib.listToAttrs (map (c: { inherit (c) name; value = c; }) inventory.container);
in
{
  networking.hostName = inventory.host.name;
  networking.hostId = inventory.host.id;
  containers = lib.mapAttrs (name: c: {
    autoStart = c.start;
    privateNetwork = true;
    hostBridge = inventory.host.bridge;
    localAddress = "${c.address}/${toString inventory.host.prefix}";
    extraFlags =
      lib.mapAttrsToList (key: value: "--property=${key}=${toString value}") (limits.default // (limits.${name} or { }));
    tmpfs = c.tmpfs or [ ];
    config = { system.stateVersion = "25.05"; };
  }) byName;
  networking.firewall.allowedTCPPorts = lib.concatMap (c: c.ports or [ ]) inventory.container;
  networking.firewall.checkReversePath = inventory.host.rpfilter;
  system.stateVersion = "25.05";
}
