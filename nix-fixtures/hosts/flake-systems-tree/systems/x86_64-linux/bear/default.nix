{ lib, namespace, host, ... }:
{
  ${namespace}.cage = lib.${namespace}.enabled // { names = [ "one" "tmp" ]; prefix = host; };
  system.stateVersion = "25.05";
}
