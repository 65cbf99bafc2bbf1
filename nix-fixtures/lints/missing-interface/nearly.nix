# --host: one that every host has, and none at all.
{
  networking.nat = { enable = true; internalInterfaces = [ "ve-*" ]; externalInterface = "lo"; };
}
