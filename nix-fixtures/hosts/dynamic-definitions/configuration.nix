# Definitions made from data at all levels: `setAttrByPath`, `attrByPath`, `getAttrFromPath`, `mapAttrsRecursive`, `updateManyAttrsByPath`.
{ lib, ... }:
let
  flat = {
    "containers.a.autoStart" = true;
    "containers.a.hostAddress" = "10.120.0.1";
    "containers.b.ephemeral" = true;
    "networking.nat.enable" = true;
    "networking.firewall.allowedTCPPorts" = [ 80 ];
    "containers.a.bindMounts./data.hostPath" = "/srv/data";
  };
  define = path: value: lib.setAttrByPath (lib.splitString "." path) value;
  upper = lib.mapAttrsRecursive (path: v: if lib.last path == "hostPath" then "${v}/${toString (lib.length path)}" else v);
  tree = { containers.c = { config = { }; bindMounts."/x".hostPath = "/c"; tmpfs = [ "/t" ]; }; };
  updated = lib.updateManyAttrsByPath [
    { path = [ "containers" "c" "tmpfs" ]; update = old: old ++ [ "/u" ]; }
    { path = [ "containers" "c" "ephemeral" ]; update = _: true; }
  ] tree;
in
lib.mkMerge (
  lib.mapAttrsToList define flat
  ++ [
    (upper updated)
    { containers = lib.genAttrs [ "a" "b" ] (_: { config = { }; }); }
    { networking.hostName = lib.attrByPath [ "x" "y" ] "defined-by-path" { x.z = 1; }; }
    { system.stateVersion = lib.getAttrFromPath [ "v" "s" ] { v.s = "25.05"; }; }
  ]
)
