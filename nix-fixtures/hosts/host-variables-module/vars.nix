{ lib, ... }:
{
  options.vars = lib.mkOption { type = lib.types.attrs; default = { }; };
  config.vars = { stateVersion = "24.05"; paths = { root = "/data"; state = "/data/state"; }; };
}
