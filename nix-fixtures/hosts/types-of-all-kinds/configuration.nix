# Options of one's own of many types, each shown through a container: coercions, tags, ranges, unions, functions, joined texts.
{ config, lib, ... }:
let
  inherit (lib) mkOption types;
  cfg = config.zoo;
  show = v: if builtins.isFunction v then "fn" else builtins.toJSON v;
in
{
  options.zoo = {
    coerced = mkOption { type = types.coercedTo types.int toString types.str; };
    coercedList = mkOption { type = types.coercedTo types.str lib.singleton (types.listOf types.str); };
    tagged = mkOption { type = types.attrsOf (types.attrTag { tcp = mkOption { type = types.port; }; unix = mkOption { type = types.path; }; }); };
    percent = mkOption { type = types.ints.between 0 100; };
    byte = mkOption { type = types.ints.u8; };
    positive = mkOption { type = types.ints.positive; };
    number = mkOption { type = types.number; };
    real = mkOption { type = types.float; };
    word = mkOption { type = types.strMatching "[a-z]+"; };
    full = mkOption { type = types.nonEmptyStr; };
    line = mkOption { type = types.singleLineStr; };
    commas = mkOption { type = types.commas; };
    envs = mkOption { type = types.envVar; };
    lines = mkOption { type = types.lines; };
    joined = mkOption { type = types.separatedString "::"; };
    some = mkOption { type = types.nonEmptyListOf types.int; };
    one = mkOption { type = types.enum [ 1 "two" true ]; };
    either = mkOption { type = types.either types.int (types.listOf types.int); };
    several = mkOption { type = types.oneOf [ types.bool types.int (types.enum [ "auto" ]) ]; };
    nullable = mkOption { type = types.nullOr types.str; default = null; };
    lazy = mkOption { type = types.lazyAttrsOf types.int; };
    function = mkOption { type = types.functionTo (types.listOf types.str); };
    unique = mkOption { type = types.uniq types.str; };
    raw = mkOption { type = types.raw; };
    anything = mkOption { type = types.anything; };
    attrs = mkOption { type = types.attrs; };
    checked = mkOption { type = types.addCheck types.int (n: lib.mod n 2 == 0); };
    deferred = mkOption { type = types.deferredModule; };
    nested = mkOption { type = types.nullOr (types.submodule { options.deep = mkOption { type = types.listOf (types.submodule { options.v = mkOption { type = types.str; default = "none"; }; }); default = [ ]; }; }); default = null; };
    closed = mkOption { type = types.submoduleWith { modules = [ { options.x = mkOption { type = types.int; }; } ]; shorthandOnlyDefinesConfig = true; specialArgs.bonus = 5; }; };
    open = mkOption { type = types.submodule { freeformType = types.attrsOf types.int; options.known = mkOption { type = types.int; default = 1; }; }; };
  };
  imports = [ ./values.nix ./more.nix ];
  config = {
    networking.hostName = "zoo";
    system.stateVersion = "25.05";
    containers.zoo = {
      extraFlags = lib.mapAttrsToList (n: v: "--setenv=${n}=${show v}") (removeAttrs cfg [ "function" "deferred" "raw" ]);
      tmpfs = cfg.function "x";
      additionalCapabilities = [ (show (cfg.raw.a 1)) ];
      config = cfg.deferred;
    };
  };
}
