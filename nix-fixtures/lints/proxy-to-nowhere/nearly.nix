# A container, its name, the host itself, another machine, a variable, a socket; and a machine in the network of a bridge that
# others are on.
{ pkgs, ... }: {
  networking.bridges.br0.interfaces = [ "enp3s0" ];
  networking.wireguard.interfaces.wg0.ips = [ "10.100.0.1/24" ];
  services.nginx = {
    enable = true;
    virtualHosts."a.example.org".locations."/".proxyPass = "http://192.168.100.11:3000";
    virtualHosts."b.example.org".locations."/".proxyPass = "http://git.containers:3000/";
    virtualHosts."c.example.org".locations."/".proxyPass = "http://127.0.0.1:9000";
    virtualHosts."d.example.org".locations."/".proxyPass = "http://10.20.30.40";
    virtualHosts."e.example.org".locations."/".proxyPass = "http://$upstream";
    virtualHosts."f.example.org".locations."/".proxyPass = "http://unix:/run/app.sock";
    virtualHosts."g.example.org".locations."/".proxyPass = "http://192.168.1.99:80";
    virtualHosts."h.example.org".locations."/".proxyPass = "http://192.168.100.1:80";
    virtualHosts."i.example.org".locations."/".proxyPass = "http://${pkgs.address}:80";
    virtualHosts."j.example.org".locations."/".proxyPass = "http://10.100.0.7:80";
    virtualHosts."k.example.org".locations."/".proxyPass = "http://192.168.100.77:80";
  };
  containers.git = {
    privateNetwork = true;
    hostAddress = "192.168.100.1";
    localAddress = "192.168.100.11";
    config.networking.firewall.allowedTCPPorts = [ 3000 ];
  };
  containers.lan = { privateNetwork = true; hostBridge = "br0"; localAddress = "192.168.1.5/24"; config = { }; };
  containers.tunnel = { privateNetwork = true; hostAddress = "10.100.0.250"; localAddress = "10.100.0.251"; config = { }; };
  # It has a second address, which it gives itself.
  containers.two = {
    privateNetwork = true;
    hostAddress = "192.168.100.1";
    localAddress = "192.168.100.76";
    config.networking.interfaces.eth0.ipv4.addresses = [ { address = "192.168.100.77"; prefixLength = 32; } ];
  };
}
