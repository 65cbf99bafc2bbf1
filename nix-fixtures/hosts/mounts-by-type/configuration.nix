# Mounts described by kind (state, secret, device, cache) in an own option and translated; devices appear in two options at once.
{ config, lib, ... }:
let
  kinds = {
    state = { root = "/persist"; ro = false; };
    secret = { root = "/run/secrets"; ro = true; };
    device = { root = ""; ro = false; };
    cache = { root = "/var/cache/guests"; ro = false; };
  };
  entry = lib.types.submodule { options = lib.mapAttrs (_: _: lib.mkOption { type = lib.types.listOf lib.types.path; default = [ ]; }) kinds // { modifier = lib.mkOption { type = lib.types.strMatching "[rwm]+"; default = "rw"; }; }; };
  mounts = name: e: lib.mergeAttrsList (lib.mapAttrsToList (kind: k: lib.genAttrs e.${kind} (p: { hostPath = k.root + (if kind == "cache" || kind == "state" then "/${name}" else "") + p; isReadOnly = k.ro; })) kinds);
in
{
  options.guests = lib.mkOption { type = lib.types.attrsOf entry; default = { }; };
  config = {
    networking.hostName = "kinds";
    guests.video = { state = [ "/var/lib/video" ]; device = [ "/dev/dri" "/dev/video0" ]; cache = [ "/thumbs" ]; };
    guests.keys = { secret = [ "/master" "/backup" ]; device = [ "/dev/hidraw0" ]; modifier = "rwm"; };
    guests.empty = { };
    containers = lib.mapAttrs (name: e: {
      bindMounts = mounts name e;
      allowedDevices = map (node: { inherit node; inherit (e) modifier; }) e.device;
      ephemeral = e.state == [ ];
      config = { };
    }) config.guests;
    system.stateVersion = "25.05";
  };
}
