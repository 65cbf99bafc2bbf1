# --host: NAT that goes out by an interface which this host has not.
{
  networking.nat = { enable = true; internalInterfaces = [ "ve-*" ]; externalInterface = "none-such0"; };
}
