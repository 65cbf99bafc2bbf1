# A configuration whose one container has the table of calls (./table), made with the `lib` that modules get, as flags.
{ lib, ... }:
{
  containers.table = {
    path = "/nix/store/00000000000000000000000000000000-system";
    extraFlags = (import ./table { inherit lib; }).lines;
  };
  system.stateVersion = "25.11";
}
