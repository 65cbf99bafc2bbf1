{
  enable = true;
  allowPing = true;
  allowedUDPPorts = [ 53 ];
  interfaces.wg0.allowedTCPPorts = [ 9100 22 ];
  filterForward = false;
}
