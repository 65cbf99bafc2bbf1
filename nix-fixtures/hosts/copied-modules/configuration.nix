# Modules are imported from what the evaluation itself copies to the store: an interpolated path, and a cleaned one.
{ lib, ... }:
{
  imports = [
    "${./hosts}/web/c.nix"
    (lib.cleanSource ./hosts + "/web/d.nix")
    "${builtins.path { path = ./hosts/web; name = "web"; }}/e.nix"
    (import "${./hosts/web}").module
  ];
}
