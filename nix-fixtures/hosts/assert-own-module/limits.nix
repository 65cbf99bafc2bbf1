{ config, lib, ... }:
let
  cfg = config.limits;
in
{
  options.limits = {
    memory = lib.mkOption { type = lib.types.ints.positive; description = "MiB"; };
    cpu = lib.mkOption { type = lib.types.ints.between 1 64; default = 1; apply = n: n * 2; };
    flags = lib.mkOption { type = lib.types.listOf lib.types.str; readOnly = true; internal = true; visible = false; };
  };
  config = {
    limits.flags = [ "--property=MemoryMax=${toString cfg.memory}M" "--property=AllowedCPUs=0-${toString (cfg.cpu - 1)}" ];
    assertions = [ { assertion = cfg.memory >= 512; message = "too little"; } ];
    warnings = lib.optional (cfg.cpu > 4) "many";
  };
}
