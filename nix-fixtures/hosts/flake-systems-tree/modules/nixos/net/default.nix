{ config, lib, namespace, ... }:
{
  networking.nat.enable = config.${namespace}.cage.enable;
  networking.nat.internalInterfaces = map (n: "ve-" + n) (builtins.attrNames config.containers);
}
