{ lib, ... }:
{
  options.presets = lib.mkOption { type = lib.types.attrsOf lib.types.raw; default = { }; };
  config.presets = {
    small = { extraFlags = [ "--property=MemoryMax=256M" ]; ephemeral = lib.mkDefault true; };
    large = { extraFlags = [ "--property=MemoryMax=8G" ]; autoStart = true; };
  };
}
