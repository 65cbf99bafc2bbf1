# What the file itself sets elsewhere is read back: addresses of interfaces, ports, homes, settings of packages.
{ config, lib, ... }:
let
  inherit (config.networking) interfaces;
  first = list: (builtins.head list).address;
in
{
  networking = {
    hostName = "h";
    interfaces.eth0.ipv4.addresses = [ { address = "10.0.0.5"; prefixLength = 24; } ];
    interfaces.eth0.ipv6.addresses = [ { address = "fd00::5"; prefixLength = 64; } ];
    bridges.br0.interfaces = [ "eth1" "eth2" ];
    wireguard.interfaces.wg0.ips = [ "10.100.0.1/24" ];
  };
  imports = [
    { networking.interfaces.eth0.ipv4.addresses = [ { address = "10.0.0.6"; prefixLength = 24; } ]; }
    { services.openssh.ports = [ 2222 ]; }
    { users.users.bob.description = "Bob"; }
  ];
  users.users.bob = { isNormalUser = true; uid = 1001; };
  users.users.carol = { isNormalUser = true; home = "/srv/carol"; };
  users.groups.media.gid = 990;
  services.nginx.enable = true;
  nixpkgs.hostPlatform = "x86_64-linux";
  fileSystems."/data".device = "/dev/sda1";
  time.timeZone = "UTC";
  containers.t = {
    config = { };
    privateNetwork = true;
    hostAddress = first interfaces.eth0.ipv4.addresses;
    hostAddress6 = first interfaces.eth0.ipv6.addresses;
    bindMounts."/home".hostPath = config.users.users.bob.home;
    bindMounts."/carol".hostPath = config.users.users.carol.home;
    extraFlags = [
      "--addresses=${toString (map (a: "${a.address}/${toString a.prefixLength}") interfaces.eth0.ipv4.addresses)}"
      "--ports=${toString config.services.openssh.ports}"
      "--bridge=${toString config.networking.bridges.br0.interfaces}"
      "--wg=${toString config.networking.wireguard.interfaces.wg0.ips}"
      "--uid=${toString config.users.users.bob.uid}"
      "--gid=${toString config.users.groups.media.gid}"
      "--device=${config.fileSystems."/data".device}"
      "--zone=${config.time.timeZone}"
      "--nginx=${lib.boolToString config.services.nginx.enable}"
      "--unfree=${lib.boolToString (config.nixpkgs.config.allowUnfree or false)}"
    ];
  };
}
