# A container in a network namespace that a unit makes, beside one with `enableTun`; units made from the table of tunnels.
{ config, lib, pkgs, ... }:
let
  tunnels = { se = { ip = "10.64.1.2/32"; }; nl = { ip = "10.64.1.3/32"; dns = "10.64.0.1"; }; };
  ns = name: "/run/netns/vpn-${name}";
in
{
  systemd.services = lib.mapAttrs' (name: t: lib.nameValuePair "netns-${name}" {
    serviceConfig = { Type = "oneshot"; RemainAfterExit = true; ExecStart = "${pkgs.iproute2}/bin/ip netns add vpn-${name}"; };
    wantedBy = [ "multi-user.target" ];
    before = [ "container@${name}.service" ];
  }) tunnels;
  containers = lib.mapAttrs (name: t: {
    networkNamespace = ns name;
    autoStart = config.systemd.services."netns-${name}".wantedBy == [ "multi-user.target" ] || true;
    bindMounts."/etc/resolv.conf" = lib.mkIf (t ? dns) { hostPath = "/etc/vpn/${name}.conf"; };
    copyResolvConf = !(t ? dns);
    config = { networking.useHostResolvConf = lib.mkForce false; };
  }) tunnels // {
    gateway = { enableTun = true; additionalCapabilities = [ "CAP_NET_ADMIN" "CAP_NET_RAW" ]; macvlans = [ "eno1" ]; extraVeths.inner = { localAddress = "10.64.2.2"; hostAddress = "10.64.2.1"; }; config = { }; };
  };
  networking.hostName = "tunnels";
  networking.wireguard.interfaces.wg0 = { ips = [ "10.64.1.1/32" ]; listenPort = 51820; };
  networking.firewall.allowedUDPPorts = [ config.networking.wireguard.interfaces.wg0.listenPort ];
  system.stateVersion = "24.11";
}
