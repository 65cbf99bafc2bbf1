{ lib, config, ... }:
{
  imports = [ ./paste.nix ./wiki.nix ./chat.nix ./board.nix ];
  options.homelab.domain = lib.mkOption { type = lib.types.str; description = "domain"; };
  options.homelab.subnet = lib.mkOption { type = lib.types.str; default = "10.44"; };
  config.networking.nat.enable = lib.mkIf (config.containers != { }) true;
  config.networking.nat.internalInterfaces = map (n: "ve-${n}") (lib.attrNames config.containers);
}
