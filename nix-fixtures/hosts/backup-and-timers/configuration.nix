# systemd units, timers and tmpfiles of the host that are made from the containers; values flow one way only.
{ config, lib, pkgs, ... }:
let
  backed = lib.filterAttrs (n: c: c.bindMounts != { } && !lib.hasPrefix "tmp" n) config.containers;
  paths = name: lib.mapAttrsToList (_: m: m.hostPath) (lib.filterAttrs (_: m: !m.isReadOnly && m.hostPath != null) config.containers.${name}.bindMounts);
in
{
  networking.hostName = "archive";
  containers = {
    photos = { autoStart = true; bindMounts = { "/photos" = { hostPath = "/tank/photos"; isReadOnly = false; }; "/cache" = { isReadOnly = false; }; }; config = { }; };
    docs = { bindMounts."/docs".hostPath = "/tank/docs"; config = { }; };
    tmp1 = { bindMounts."/x" = { hostPath = "/x"; isReadOnly = false; }; ephemeral = true; config = { }; };
    backup = {
      autoStart = true;
      bindMounts = lib.listToAttrs (lib.concatMap (name: map (p: lib.nameValuePair "/in/${name}" { hostPath = p; }) (paths name)) [ "photos" "docs" "tmp1" ]);
      extraFlags = [ "--setenv=SETS=${toString (lib.attrNames (removeAttrs backed [ "backup" ]))}" ];
      config = { };
    };
  };
  systemd.timers.backup = { wantedBy = [ "timers.target" ]; timerConfig.OnCalendar = "daily"; };
  systemd.services = lib.mapAttrs' (n: _: lib.nameValuePair "backup-${n}" { serviceConfig.Type = "oneshot"; script = "echo ${toString (paths n)}"; }) backed;
  systemd.tmpfiles.rules = lib.concatMap (n: map (p: "d ${p} 0750 root root -") (paths n)) (lib.attrNames backed);
  environment.etc."containers.json".text = builtins.toJSON (lib.mapAttrs (_: c: c.bindMounts) backed);
  system.stateVersion = "25.05";
}
