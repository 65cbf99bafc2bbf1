# A VPN container as gateway for others: capabilities, devices, TUN, two veths, static routes, secrets by plain paths.
{ config, lib, pkgs, ... }:

let
  vpn = {
    subnet = "10.160.0";
    bridge = "br-vpn";
    clients = [ "torrent" "scraper" "browser" ];
  };
  addressOf = name: "${vpn.subnet}.${toString (10 + lib.lists.findFirstIndex (c: c == name) 200 vpn.clients)}";
  client = name: settings: lib.mkMerge [
    {
      autoStart = true;
      privateNetwork = true;
      hostBridge = vpn.bridge;
      localAddress = "${addressOf name}/24";
      config = {
        networking.defaultGateway = "${vpn.subnet}.1";
        networking.nameservers = [ "${vpn.subnet}.1" ];
        system.stateVersion = "25.05";
      };
    }
    settings
  ];
in
{
  networking.hostName = "tunnel-host";
  networking.bridges.${vpn.bridge}.interfaces = [ ];
  boot.kernelModules = [ "tun" "wireguard" ];

  containers.gateway = {
    autoStart = true;
    enableTun = true;
    privateNetwork = true;
    additionalCapabilities = [ "CAP_NET_ADMIN" "CAP_SYS_MODULE" ];
    allowedDevices = [ { node = "/dev/net/tun"; modifier = "rwm"; } ];
    hostAddress = "10.161.0.1";
    localAddress = "10.161.0.2";
    extraVeths.inner = {
      hostBridge = vpn.bridge;
      localAddress = "${vpn.subnet}.1/24";
    };
    bindMounts."/etc/wireguard" = { hostPath = "/var/lib/secrets/wireguard"; isReadOnly = true; };
    bindMounts."/lib/modules".hostPath = "/run/booted-system/kernel-modules/lib/modules";
    config = { networking.wg-quick.interfaces.wg0.configFile = "/etc/wireguard/wg0.conf"; };
  };

  containers.torrent = client "torrent" {
    bindMounts."/downloads" = { hostPath = "/tank/downloads"; isReadOnly = false; };
    forwardPorts = [ ];
  };
  containers.scraper = client "scraper" { ephemeral = true; };
  containers.browser = client "browser" {
    autoStart = lib.mkForce false;
    bindMounts = lib.genAttrs [ "/tmp/.X11-unix" "/run/user/1000/pulse" ] (_: { });
  };

  networking.nat = {
    enable = true;
    internalInterfaces = [ "ve-gateway" ];
    externalInterface = "enp0s31f6";
    extraCommands = lib.concatMapStrings (c: "iptables -A FORWARD -s ${addressOf c} -o enp0s31f6 -j REJECT\n") vpn.clients;
  };
  networking.firewall.interfaces.${vpn.bridge}.allowedUDPPorts = [ 53 ];
  system.stateVersion = "25.05";
}
