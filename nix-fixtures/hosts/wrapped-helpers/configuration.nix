# A library of one's own in three files, fixed with `makeExtensible`, `fix` and `extends`; helpers call each other.
{ lib, ... }:
let
  my = lib.makeExtensible (self: {
    names = import ./lib/names.nix { inherit lib self; };
    net = import ./lib/net.nix { inherit lib self; };
    prefix = "10.220";
  });
  test = my.extend (final: prev: { prefix = "10.221"; });
  tower = lib.fix (self: { a = 1; b = self.a + 1; c = self.b * 2; });
in
{
  imports = [ ./lib/guests.nix ];
  _module.args = { inherit my test; };
  networking.hostName = my.names.host "wrapped";
  networking.nat.internalIPs = [ my.net.range test.net.range ];
  networking.firewall.allowedTCPPorts = lib.attrValues tower;
  system.stateVersion = "25.05";
}
