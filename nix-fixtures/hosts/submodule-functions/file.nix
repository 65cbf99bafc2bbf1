{ name, lib, ... }:
{
  imports = [ ./mounts.nix ];
  config = {
    autoStart = lib.hasPrefix "f" name;
    config = { };
  };
}
