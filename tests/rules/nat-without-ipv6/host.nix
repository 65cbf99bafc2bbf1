{
  networking.nat = {
    enable = true;
    externalInterface = "eth0";
    internalIPv6s = [ "fd00::/64" ];
    externalIPv6 = "2001:db8::1";
    forwardPorts = [
      { sourcePort = 80; destination = "10.0.0.2:80"; loopbackIPs = [ "127.0.0.1" ]; }
      { sourcePort = 80; destination = "[fd00::2]:80"; }
    ];
  };
}
