# An option of one's own names a container under a condition on another of them.
{ config, lib, ... }:
{
  options.my.enable = lib.mkEnableOption "it";
  options.my.name = lib.mkOption { type = lib.types.str; default = "n"; };
  config = lib.mkMerge [
    { my.enable = true; }
    (lib.mkIf config.my.enable { my.name = "m"; containers.${config.my.name}.config = { }; })
    (lib.mkIf (config.my.name == "m") (lib.mkIf config.my.enable { networking.hostName = config.my.name; }))
    { system.stateVersion = "25.11"; }
  ];
}
