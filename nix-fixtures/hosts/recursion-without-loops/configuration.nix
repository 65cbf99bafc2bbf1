# Values that look circular and are not: options of one container from another and back, `config` in conditions of siblings.
{ config, lib, ... }:
let
  c = config.containers;
in
{
  networking.hostName = "circle";
  containers.ping = {
    autoStart = c.pong.ephemeral;
    hostAddress = "10.180.0.1";
    localAddress = lib.mkIf c.pong.privateNetwork "10.180.0.2";
    extraFlags = map (f: "${f}-ping") c.pong.tmpfs;
    config = { };
  };
  containers.pong = {
    ephemeral = c.ping.hostAddress != null;
    privateNetwork = c.ping.privateNetwork == false;
    hostAddress = c.ping.localAddress;
    tmpfs = lib.optional (c.ping.hostAddress == "10.180.0.1") "/pong";
    config = { };
  };
  networking.nat.enable = config.networking.nat.externalInterface != null;
  networking.nat.externalInterface = if config.networking.hostName == "circle" then "ring0" else null;
  networking.nat.internalIPs = lib.mkIf (config.networking.nat.enable && c ? ping) [ "${toString c.ping.localAddress}/32" ];
  networking.firewall.allowedTCPPorts = lib.mkIf (config.networking.firewall.allowedUDPPorts == [ 53 ]) [ 5353 ];
  networking.firewall.allowedUDPPorts = [ 53 ];
  system.stateVersion = "25.05";
}
