{
  networking.bridges.vb-web.interfaces = [ ];
  networking.vlans."ve-db" = { id = 4; interface = "eth0"; };
  networking.wireguard.interfaces.wg0.ips = [ "10.9.0.1/24" ];
  containers.web = { privateNetwork = true; hostBridge = "vb-web"; localAddress = "10.0.0.2/24"; config = { }; };
  containers.db = { privateNetwork = true; hostAddress = "10.1.0.1"; localAddress = "10.1.0.2"; config = { }; };
  containers.vpn = { extraVeths.wg0 = { hostAddress = "10.2.0.1"; localAddress = "10.2.0.2"; }; config = { }; };
  containers.host = { privateNetwork = false; extraVeths.ve-host = { localAddress = "10.3.0.2"; }; config = { }; };
}
