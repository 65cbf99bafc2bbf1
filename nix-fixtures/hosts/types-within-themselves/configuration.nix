# Types that have themselves as a part: settings like those of JSON, written by hand and taken from `lib`.
{ config, lib, ... }:
let
  inherit (lib) mkOption types;
  setting = types.nullOr (
    types.oneOf [
      types.bool
      types.int
      types.str
      (types.listOf setting)
      (types.attrsOf setting)
    ]
  ) // { description = "setting"; };
  flagsOf = settings: lib.mapAttrsToList (name: value: "--${name}=${builtins.toJSON value}") settings;
in
{
  options.site = {
    settings = mkOption { type = types.attrsOf setting; default = { }; };
    data = mkOption { type = types.json; };
    table = mkOption { type = types.toml; default = { }; };
    limits = mkOption { type = types.attrListOf types.int; default = [ ]; };
    either = mkOption { type = types.either types.str setting; };
    services = mkOption {
      type = types.attrsOf (
        types.submodule {
          freeformType = types.attrsOf types.json;
          options.port = mkOption { type = types.port; default = 80; };
        }
      );
      default = { };
    };
  };

  config = lib.mkMerge [
    {
      site.settings.log = { level = "info"; sinks = [ "a" { file = null; } ]; };
      site.data.a = [ 1.5 null ];
      site.table.x.y = lib.mkDefault 1;
      site.limits = [ { web = 3; } (lib.mkBefore { mail = 1; }) ];
      site.either.a.b = [ true ];
      site.services.web.extra.deep = [ { } ];
    }
    {
      site.settings.log.sinks = lib.mkAfter [ 2 ];
      site.settings.log.level = lib.mkForce "warn";
      site.data.a = [ { b = { }; } ];
      site.table.x = { y = 2; z = [ [ 1 ] ]; };
      site.limits.web = 4;
      site.either.a.c = 1;
      site.services.web.extra.flat = null;
    }
    {
      containers.settings = {
        config = { };
        extraFlags = flagsOf config.site.settings ++ flagsOf config.site.table;
      };
      containers.data = {
        config = { };
        extraFlags = [ (builtins.toJSON config.site.data) (builtins.toJSON config.site.either) ];
      };
      containers.services = {
        config = { };
        extraFlags = [ (builtins.toJSON config.site.services) (builtins.toJSON config.site.limits) ];
      };
      system.stateVersion = "26.05";
    }
  ];
}
