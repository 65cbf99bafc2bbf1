# An address beside those of the containers, a name of none, an upstream and a Caddyfile.
{
  services.nginx = {
    enable = true;
    virtualHosts."wiki.example.org".locations."/".proxyPass = "http://192.168.100.12:8080";
    virtualHosts."git.example.org".locations."/".proxyPass = "http://gitt.containers:3000/";
    upstreams.app.servers."192.168.100.13:80 weight=2" = { };
  };
  services.caddy.virtualHosts."chat.example.org".extraConfig = ''
    encode gzip
    reverse_proxy 192.168.100.14:8008
  '';
  containers.git = {
    privateNetwork = true;
    hostAddress = "192.168.100.1";
    localAddress = "192.168.100.11";
    config.networking.firewall.allowedTCPPorts = [ 3000 ];
  };
}
