# Inside; on a bridge of which nothing is known; a single address with its gateway elsewhere, on purpose; a pair of links, where
# there is no subnet.
{ pkgs, ... }: {
  networking.bridges.br0.interfaces = [ ];
  networking.interfaces.br0.ipv4.addresses = [
    { address = "192.168.10.1"; prefixLength = 24; }
    { address = "10.0.0.1"; prefixLength = 8; }
  ];
  networking.bridges.br2.interfaces = [ ];
  networking.interfaces.br2.ipv4.addresses = [ { address = pkgs.address; prefixLength = 24; } ];
  containers.web = { privateNetwork = true; hostBridge = "br0"; localAddress = "192.168.10.5/24"; config = { }; };
  containers.db = { privateNetwork = true; hostBridge = "br0"; localAddress = "10.200.0.5/8"; config = { }; };
  containers.lan = { privateNetwork = true; hostBridge = "br1"; localAddress = "192.168.1.5/24"; config = { }; };
  containers.odd = { privateNetwork = true; hostBridge = "br2"; localAddress = "192.168.2.5/24"; config = { }; };
  containers.routed = {
    privateNetwork = true;
    hostBridge = "br1";
    hostAddress = "198.51.100.1";
    localAddress = "203.0.113.7/32";
    config = { };
  };
  containers.pair = { privateNetwork = true; hostAddress = "10.1.1.1"; localAddress = "10.9.9.9"; config = { }; };
}
