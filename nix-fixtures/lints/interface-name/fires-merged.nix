# Patterns of several definitions: each is found where it stands.
{ lib, ... }: {
  imports = [
    { networking.nat.internalInterfaces = [ "ve-a" ]; }
    { networking.nat.internalInterfaces = [ "ve-b" "ve-+" ]; }
    { networking.nat.internalInterfaces = lib.mkAfter [ "ve-c" ]; }
  ];
  networking.nftables.enable = true;
  networking.nat = { enable = true; externalInterface = "eth0"; };
  containers.a = { privateNetwork = true; hostAddress = "10.0.0.1"; localAddress = "10.0.0.2"; config = { }; };
}
