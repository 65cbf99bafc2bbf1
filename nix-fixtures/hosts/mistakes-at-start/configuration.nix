# What NixOS's types take, and NixOS's assertions, systemd-nspawn or the kernel refuse.
{ config, lib, ... }:
let
  pair = n: { privateNetwork = true; hostAddress = "10.0.0.1"; localAddress = "10.0.0.${toString n}"; config = { }; };
in {
  imports = [ ./flags.nix ];
  networking.nat.enable = true;
  networking.nat.dmzHost = "10.0.0.2";
  networking.bridges.br-lan.interfaces = [ ];
  containers.caps = pair 2 // {
    additionalCapabilities = [ "CAP_SYS_TIME" "NET_ADMIN" ];
    dropCapabilities = [ "CAP_NET_RAW,SYS_PTRACE" ];
  };
  containers.caps2 = pair 3 // {
    additionalCapabilities = [ "CAP_NET_ADMN" ];
    extraFlags = [ "--drop-capability=mknod" ];
  };
  containers.tmpfs = pair 4 // {
    tmpfs = [ "/run/x" "var/cache:size=1G" ];
  };
  containers.ports = pair 5 // {
    forwardPorts = [
      { hostPort = 0; containerPort = 80; }
      { hostPort = 81; containerPort = 0; }
      { protocol = "udp"; hostPort = 82; containerPort = 0; }
    ];
  };
  containers.mac = pair 6 // { localMacAddress = "01:00:5e:00:00:01"; };
  containers.mac2 = pair 7 // {
    localMacAddress = "33:33:00:00:00:01";
    extraVeths.back.localMacAddress = "00:00:00:00:00:00";
  };
  containers.mounts = pair 8 // {
    bindMounts."/data".hostPath = "/srv/a";
    bindMounts.other = { mountPoint = "/data/"; hostPath = "/srv/b"; };
    tmpfs = [ "/scratch" "//scratch:size=1G" ];
  };
  containers.mounts2 = pair 9 // {
    bindMounts."/var/cache".hostPath = "/srv/c";
    tmpfs = [ "/var/cache" ];
  };
  containers.store = pair 10 // {
    bindMounts."/nix/store".isReadOnly = false;
    tmpfs = [ "/nix/var/nix/db/" ];
  };
  containers.given = {
    interfaces = [ "eth1" "eth2:eth1" ];
    macvlans = [ "eth2" ];
    config = { };
  };
  containers.given2 = {
    macvlans = [ "eth5" "eth5" ];
    extraVeths.mv-eth5 = { };
    config = { };
  };
  containers.inner = pair 11 // {
    extraVeths.eth0 = { };
    interfaces = [ "lo" ];
  };
  containers.multicast = {
    privateNetwork = true;
    hostAddress = "224.0.0.1";
    hostAddress6 = "::1";
    localAddress6 = "ff02::1";
    localAddress = "0.0.0.0";
    config = { };
  };
  containers.joined = {
    networkNamespace = "/run/netns/vpn";
    extraFlags = [ "--network-veth" ];
    config = { };
  };
  containers.resolved = pair 12 // {
    config = { networking.useNetworkd = true; };
  };
  containers.links = pair 13 // {
    extraVeths."ve-caps" = { };
    extraVeths."br-lan" = { };
    extraVeths."ve-links" = { };
  };
  containers.parent = {
    macvlans = [ "eth1" ];
    config = { };
  };
}
