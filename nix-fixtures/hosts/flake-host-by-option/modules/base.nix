{ hostName, lib, ... }:
{
  options.roles.site = lib.mkOption { type = lib.types.str; default = "none"; };
  config = { networking.hostName = hostName; system.stateVersion = "25.05"; };
}
