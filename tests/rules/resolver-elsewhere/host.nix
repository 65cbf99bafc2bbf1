{ lib, ... }: {
  services.dnsmasq = { enable = true; resolveLocalQueries = false; };
  networking.nameservers = [ "127.0.0.1" "9.9.9.9" ];
  containers.a = { privateNetwork = true; hostAddress = "10.0.0.1"; localAddress = "10.0.0.2"; config = { }; };
  containers.b = { macvlans = [ "eth0" ]; config = { networking.useHostResolvConf = false; networking.nameservers = [ "9.9.9.9" ]; }; };
}
