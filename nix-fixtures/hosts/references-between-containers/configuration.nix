# Addresses are written once: other containers, NAT and hosts entries read `config.containers.X.localAddress`.
{ config, lib, ... }:
let
  inherit (config) containers;
  addressOf = name: lib.head (lib.splitString "/" config.containers.${name}.localAddress);
in
{
  containers.db = { autoStart = true; privateNetwork = true; hostAddress = "10.70.0.1"; localAddress = "10.70.0.2"; config = { }; };
  containers.app = {
    inherit (containers.db) autoStart privateNetwork hostAddress;
    localAddress = "10.70.0.3";
    extraFlags = [ "--setenv=DB=${containers.db.localAddress}" ] ++ lib.optionals containers.db.privateNetwork [ "--setenv=PRIVATE=1" ];
    bindMounts."/run/db" = { hostPath = "/run/${lib.concatStringsSep "-" (lib.attrNames containers)}"; isReadOnly = containers.db.ephemeral; };
    config.networking.extraHosts = "${containers.db.localAddress} db";
  };
  containers.proxy = {
    hostBridge = "br0";
    privateNetwork = true;
    localAddress = "192.168.9.5/24";
    forwardPorts = map (p: { hostPort = p; containerPort = p + 8000; }) [ 80 443 ];
    config = { };
  };
  networking.nat = {
    enable = true;
    internalIPs = lib.mapAttrsToList (_: c: "${c.hostAddress}/24") (lib.filterAttrs (_: c: c.hostAddress != null) config.containers);
    forwardPorts = [ { sourcePort = 25; destination = "${addressOf "proxy"}:${toString (lib.head containers.proxy.forwardPorts).containerPort}"; loopbackIPs = [ (addressOf "db") ]; } ];
  };
  networking.firewall.extraCommands = lib.concatMapStrings (n: "iptables -A x -s ${addressOf n}\n") [ "db" "app" ];
  networking.firewall.allowedTCPPorts = map (f: f.hostPort) containers.proxy.forwardPorts;
  networking.hostName = lib.concatStrings (lib.sort lib.lessThan (lib.attrNames containers));
  system.stateVersion = "24.05";
}
