{ config, lib, ... }:
let
  inherit (lib) mkOption types;
  share = types.submodule {
    options.path = mkOption { type = types.str; };
    options.writable = mkOption { type = types.bool; default = false; };
    options.guests = mkOption { type = types.nullOr (types.listOf types.str); default = null; };
  };
  port = types.submodule { options.number = mkOption { type = types.port; }; options.udp = mkOption { type = types.bool; default = false; }; };
in
{
  options = {
    shares = mkOption { type = types.attrsOf (types.coercedTo types.str (path: { inherit path; }) share); default = { }; };
    ports = mkOption { type = types.attrsOf (types.oneOf [ types.port (types.listOf types.port) port ]); default = { }; };
    gateway = mkOption { type = types.nullOr (types.submodule { options.address = mkOption { type = types.str; }; }); default = null; };
    forwards = mkOption { type = types.listOf types.attrs; readOnly = true; };
  };
  config.forwards = lib.concatLists (lib.mapAttrsToList (_: p:
    if builtins.isInt p then [ { hostPort = p; } ]
    else if builtins.isList p then map (hostPort: { inherit hostPort; }) p
    else [ { hostPort = p.number; protocol = if p.udp then "udp" else "tcp"; } ]) config.ports);
}
