# Tenants, each with several containers: nested `mapAttrs`, names joined, flattened by `concatMapAttrs`; quotas inherited from the tenant.
{ lib, ... }:
let
  tenants = import ./tenants.nix;
  defaults = { cpu = 100; memory = "1G"; network = "shared"; };
  flat = lib.concatMapAttrs (tenant: t: lib.mapAttrs' (name: g: lib.nameValuePair "${tenant}-${name}" ({ inherit tenant; index = t.index; } // defaults // (t.quota or { }) // g)) t.guests) tenants;
in
{
  networking.hostName = "tenants";
  containers = lib.mapAttrs (full: g: {
    privateNetwork = g.network != "host";
    hostBridge = if g.network == "shared" then "br-${g.tenant}" else null;
    hostAddress = if g.network == "routed" then "10.250.${toString g.index}.1" else null;
    localAddress = lib.mkIf (g.network == "routed") "10.250.${toString g.index}.2";
    extraFlags = [ "--property=MemoryMax=${g.memory}" "--property=CPUQuota=${toString g.cpu}%" ];
    config = { };
  }) flat;
  networking.bridges = lib.mapAttrs' (n: _: lib.nameValuePair "br-${n}" { interfaces = [ ]; }) tenants;
  networking.firewall.trustedInterfaces = lib.mapAttrsToList (n: _: "br-${n}") (lib.filterAttrs (_: t: t.trusted or false) tenants);
  system.stateVersion = "25.05";
}
