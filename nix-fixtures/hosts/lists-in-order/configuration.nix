# Lists from many places: files, `mkBefore`/`mkAfter`/`mkOrder`, submodules of one's own, `imports` within `imports`.
{ lib, ... }:
{
  imports = [ ./one.nix ./two.nix ];
  containers.o.extraFlags = [ "main" ];
  containers.o.config = { };
  boxes.x.flags = [ "user" ];
  boxes.x.env = [ "U=1" ];
  networking.hostName = "order";
  system.stateVersion = "25.05";
}
