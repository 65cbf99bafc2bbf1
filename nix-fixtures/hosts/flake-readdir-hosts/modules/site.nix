{ lib, config, ... }:
{
  options.services.site.address = lib.mkOption {
    type = lib.types.str;
    description = "Address of the host in the site network.";
  };
  config.networking.nat.internalIPs = [ "${config.services.site.address}/32" ];
}
