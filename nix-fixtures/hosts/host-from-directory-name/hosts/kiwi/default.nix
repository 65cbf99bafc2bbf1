# The host's name and address come from the name of its folder and a registry two folders up.
{ lib, ... }:
let
  name = baseNameOf (toString ./.);
  registry = import ../../registry.nix;
  me = registry.${name};
  others = removeAttrs registry [ name ];
in
{
  imports = [ ../../shared ] ++ map (r: ../../shared + "/roles/${r}.nix") me.roles;
  networking.hostName = name;
  shared.address = me.address;
  containers = lib.mapAttrs' (n: o: lib.nameValuePair "mirror-${n}" { extraFlags = [ "--setenv=OF=${o.address}" ]; config = { }; }) others;
  system.stateVersion = "25.05";
}
