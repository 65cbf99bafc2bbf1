# `nullOr`-style table entries: `optionalString`, `or`, `isNull`, `mkIf (x != null)`, `lib.mapNullable`, `defaultTo`.
{ lib, ... }:
let
  guests = {
    a = { ip = "10.140.0.2"; mac = null; bridge = null; note = null; };
    b = { ip = null; mac = "02:00:00:00:00:0b"; bridge = "br0"; note = "two"; };
    c = { ip = "10.140.0.4"; mac = "02:00:00:00:00:0c"; bridge = "br0"; note = ""; };
  };
in
{
  networking.hostName = "nulls";
  containers = lib.mapAttrs (n: g: {
    privateNetwork = g.ip != null || g.bridge != null;
    localAddress = lib.mapNullable (ip: ip + lib.optionalString (g.bridge != null) "/24") g.ip;
    hostAddress = if isNull g.bridge then "10.140.0.1" else null;
    localMacAddress = lib.mkIf (g.mac != null) g.mac;
    hostBridge = g.bridge;
    extraFlags = lib.optional (g.note != null) "--setenv=NOTE=${g.note}" ++ [ (lib.defaultTo "--no-note" (lib.mapNullable (x: "--note=${x}") g.note)) ];
    timeoutStartSec = g.timeout or "${lib.optionalString (g.note == null) "1"}0s";
    config = { };
  }) guests;
  networking.nat.externalIP = lib.mkIf (guests.a.mac != null) "192.0.2.1";
  networking.nat.externalInterface = lib.mkMerge [ null (lib.mkIf false "eth0") ];
  system.stateVersion = "25.05";
}
