{ lib, ... }:
let
  # Settings that only the module itself reads.
  module = name: { options.${name} = lib.mkOption { type = lib.types.raw; default = null; }; };
in
{
  inputs = {
    devshell.flakeModules.default = { };
    hooks.flakeModule = { };
    rekey.flakeModule = module "agenix-rekey";
    unified.flakeModules.default = { };
  };
}
