{ config, lib, ... }:
let cfg = config.cage; in
{
  options.cage = { names = lib.mkOption { type = with lib.types; listOf str; default = [ ]; }; size = lib.mkOption { type = lib.types.ints.unsigned; default = 1; }; };
  config = lib.mkIf (cfg.names != [ ]) { containers = lib.genAttrs cfg.names (n: { autoStart = true; config = { }; timeoutStartSec = "${toString cfg.size}min"; }); };
}
