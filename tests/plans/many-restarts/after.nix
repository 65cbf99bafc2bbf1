{ lib, ... }:
{
  containers = lib.listToAttrs (map (number: {
    name = "node${toString number}";
    value = {
      autoStart = true;
      path = "/nix/store/00000000000000000000000000000000-node";
      ephemeral = false;
      tmpfs = [ "/scratch" ];
    };
  }) (lib.range 1 12));
}
