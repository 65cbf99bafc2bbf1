# `inherit (lib)`, `inherit (lib.x)` and `lib.lists.x` style access to the same functions.
{ lib, ... }:
let
  inherit (lib) mkIf mkMerge optionalAttrs;
  inherit (lib.attrsets) filterAttrs mapAttrsToList attrByPath;
  inherit (lib.strings) concatMapStringsSep hasSuffix removePrefix;
  inherit (builtins) attrNames toString;

  devices = {
    zigbee = { path = "/dev/serial/by-id/usb-zigbee"; mode = "rwm"; };
    camera = { path = "/dev/video0"; mode = "rw"; off = true; };
    rtl = { path = "/dev/bus/usb/001/004"; mode = "rw"; };
  };
  used = filterAttrs (_: d: !(d.off or false)) devices;
in
{
  networking.hostName = "home";
  containers.hass = mkMerge [
    {
      autoStart = true;
      allowedDevices = mapAttrsToList (_: d: { node = d.path; modifier = d.mode; }) used;
      bindMounts = lib.mapAttrs' (n: d: { name = "/dev/${n}"; value = { hostPath = d.path; isReadOnly = hasSuffix "0" d.path; }; }) used;
      extraFlags = [ "--setenv=DEVICES=${concatMapStringsSep "," (n: removePrefix "z" n) (attrNames used)}" ];
    }
    (mkIf (attrByPath [ "zigbee" "path" ] null devices != null) {
      additionalCapabilities = lib.lists.singleton "CAP_SYS_TTY_CONFIG";
    })
    (mkIf (attrByPath [ "zwave" "path" ] null devices != null) {
      additionalCapabilities = [ "CAP_SYS_ADMIN" ];
    })
    { config.system.stateVersion = "24.05"; }
    (optionalAttrs (lib.lists.length (attrNames used) == 2) { timeoutStartSec = "2min"; })
  ];
  networking.firewall.allowedTCPPorts = [ (lib.strings.toInt "8123") ];
  networking.firewall.allowedUDPPorts = lib.lists.range 5350 5353;
  system.stateVersion = "24.05";
}
