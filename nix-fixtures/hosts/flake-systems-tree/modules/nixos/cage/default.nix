{ config, lib, namespace, ... }:
let
  inherit (lib) mkIf types;
  inherit (lib.${namespace}) mkOpt mkBoolOpt;
  cfg = config.${namespace}.cage;
in
{
  options.${namespace}.cage = with types; {
    enable = mkBoolOpt false;
    names = mkOpt (listOf str) [ ] "names";
    prefix = mkOpt str "c" "prefix";
  };
  config = mkIf cfg.enable {
    containers = lib.genAttrs (map (n: "${cfg.prefix}-${n}") cfg.names) (n: { autoStart = true; ephemeral = lib.hasSuffix "tmp" n; config = { }; });
  };
}
