# Imports five deep with a diamond in it; every file adds to the same lists, so that the order shows.
{
  imports = [ ./l1/a.nix ./l1/b.nix ];
  networking.hostName = "stack";
  networking.nat.internalInterfaces = [ "root" ];
  containers.s = { tmpfs = [ "/root" ]; config = { }; };
  system.stateVersion = "25.05";
}
