# A forward of `networking.nat`, to a guest that says nothing of its firewall, which is then closed.
{
  networking.nat = {
    enable = true;
    externalInterface = "eth0";
    internalInterfaces = [ "ve-+" ];
    forwardPorts = [ { sourcePort = 443; destination = "192.168.100.11:8443"; } ];
  };
  containers.web = {
    privateNetwork = true;
    hostAddress = "192.168.100.2";
    localAddress = "192.168.100.11";
    config = { };
  };
}
