{
  networking.nat = {
    enable = true;
    enableIPv6 = true;
    externalInterface = "eth0";
    internalIPs = [ "10.0.0.0/33" "fd00::/8" ];
    internalIPv6s = [ "ve-web" ];
    externalIP = "fd00::1";
    externalIPv6 = "::";
    dmzHost = "web";
    forwardPorts = [
      { sourcePort = 0; destination = "10.0.0.2:80"; }
      { sourcePort = "9000:8000"; destination = "10.0.0.2:80"; }
      { sourcePort = 81; destination = "10.0.0.256:80"; }
      { sourcePort = 82; destination = "10.0.0.2:80 ; flush ruleset"; }
      { sourcePort = "83:85"; destination = "10.0.0.2:83-84"; }
      { sourcePort = 86; destination = "fd00::2:80"; }
      { sourcePort = 87; destination = "10.0.0.2:80"; proto = "icmp"; }
      { sourcePort = 88; destination = "10.0.0.2:80"; loopbackIPs = [ "fd00::1" ]; }
      { sourcePort = 89; destination = "127.0.0.1:80"; }
    ];
  };
}
