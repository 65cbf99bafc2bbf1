{ lib, ... }:
{
  containers = lib.listToAttrs (map (number: {
    name = "node${toString number}";
    value = {
      autoStart = true;
      path = "/nix/store/00000000000000000000000000000000-node";
      timeoutStartSec = if number == 7 then "2min" else "1min";
    };
  }) (lib.range 1 40));
}
