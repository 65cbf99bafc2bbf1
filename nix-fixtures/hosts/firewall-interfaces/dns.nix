let
  open = { allowedUDPPorts = [ 53 ]; allowedTCPPorts = [ 53 ]; };
in
{
  networking.firewall.interfaces = {
    "ve-a" = open;
    "ve-b" = open // { allowedUDPPortRanges = [ { from = 1024; to = 2048; } ]; };
  };
}
