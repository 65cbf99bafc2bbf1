{ config, lib, ... }:
{
  networking.nat = {
    enable = lib.mkDefault (config.containers != { });
    externalInterface = "uplink";
    internalInterfaces = lib.mkAfter [ "wg0" ];
  };
}
