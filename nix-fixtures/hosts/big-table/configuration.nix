# Forty containers from one generated table, with groups, quotas and a forward each; the host sums them up.
{ config, lib, ... }:
let
  teams = [ "amber" "brass" "coral" "denim" ];
  rows = lib.concatLists (lib.imap0 (t: team: lib.genList (i: { inherit team t i; id = t * 10 + i; }) 10) teams);
  nameOf = r: "${r.team}${toString r.i}";
in
{
  networking.hostName = "forty";
  containers = lib.listToAttrs (map (r: lib.nameValuePair (nameOf r) {
    autoStart = lib.mod r.id 3 != 0;
    privateNetwork = true;
    hostAddress = "10.130.${toString r.id}.1";
    localAddress = "10.130.${toString r.id}.2";
    forwardPorts = [ { hostPort = 20000 + r.id; containerPort = 22; } ];
    bindMounts."/team" = { hostPath = "/srv/${r.team}"; isReadOnly = r.i != 0; };
    extraFlags = [ "--slice=${r.team}.slice" ];
    config = { };
  }) rows);
  networking.nat.internalInterfaces = map (r: "ve-${nameOf r}") (lib.filter (r: r.i < 2) rows);
  networking.firewall.allowedTCPPorts = lib.concatMap (c: map (f: f.hostPort) c.forwardPorts) (lib.attrValues (lib.filterAttrs (_: c: c.autoStart) config.containers));
  networking.firewall.allowedUDPPortRanges = map (t: { from = 30000 + 100 * t; to = 30099 + 100 * t; }) (lib.range 0 3);
  system.stateVersion = "25.05";
}
