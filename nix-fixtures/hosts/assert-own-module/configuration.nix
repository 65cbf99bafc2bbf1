# Two own modules that check one another by `assertions` and `warnings`; `mkRemovedOptionModule` for an option nobody sets.
{ config, lib, ... }:
{
  imports = [
    ./limits.nix
    (lib.mkRemovedOptionModule [ "limits" "swap" ] "There is no swap.")
    (lib.mkRenamedOptionModule [ "limits" "cores" ] [ "limits" "cpu" ])
  ];
  limits.memory = 2048;
  limits.cpu = 4;
  networking.hostName = "limited";
  containers.a = { extraFlags = config.limits.flags; config = { }; };
  containers.b = { extraFlags = lib.mkAfter (map (f: f + "-b") config.limits.flags); config = { }; };
  containers.c = lib.mkIf (config.limits.cpu > 8) { config = { }; };
  system.stateVersion = "25.05";
}
