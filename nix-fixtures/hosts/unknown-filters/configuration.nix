# Filters, maps and optional parts that depend on something unknown: what does not depend on it is known.
{ lib, vars, config, ... }:
let
  table = { a = { port = 1; }; b = { port = 2; }; c = { port = 3; }; };
  chosen = lib.filterAttrs (n: v: v.port == 2 || (n == "c" && vars.c)) table;
in
{
  networking.hostName = "filters";
  containers = lib.mapAttrs (n: v: { autoStart = v.port > 1; config = { }; }) chosen
    // lib.optionalAttrs vars.extra { extra = { config = { }; }; }
    // { kept = { autoStart = if vars.extra then true else true; config = { }; } // (if vars.c then { ephemeral = true; } else { enableTun = true; }); };
  networking.nat = {
    enable = true;
    internalInterfaces = [ "first" ] ++ lib.optionals vars.c [ "second" ];
    internalIPs = lib.unique (lib.concatMap (n: lib.optional (n != "a") n) (lib.attrNames table));
  } // lib.optionalAttrs vars.extra { externalInterface = "x"; };
  networking.firewall.interfaces = lib.mkMerge [ { lan.allowedTCPPorts = [ 1 ]; } (lib.mkIf vars.extra { lan.allowedUDPPorts = [ 2 ]; }) ];
  networking.firewall.checkReversePath = if vars.c && false then "loose" else "strict";
  networking.firewall.allowPing = vars.c || true;
  system.stateVersion = "25.05";
}
