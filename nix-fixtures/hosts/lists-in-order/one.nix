{ lib, config, ... }:
{
  imports = [ ./three.nix { containers.o.extraFlags = [ "inline" ]; } ];
  options.boxes = lib.mkOption {
    default = { };
    type = lib.types.attrsOf (lib.types.submodule [
      { options.flags = lib.mkOption { type = lib.types.listOf lib.types.str; default = [ "default" ]; }; config.flags = [ "declared" ]; }
      ({ config, ... }: { options.env = lib.mkOption { type = lib.types.listOf lib.types.str; }; config.env = lib.mkMerge [ (lib.mkAfter config.flags) [ "D=1" ] ]; })
    ]);
  };
  config = {
    containers.o.extraFlags = lib.mkMerge [ [ "one" ] (lib.mkBefore [ "before" ]) (lib.mkOrder 1200 [ "late" ]) ];
    containers.p = { extraFlags = config.boxes.x.flags; additionalCapabilities = config.boxes.x.env; config = { }; };
  };
}
