# Mounts under `optionalAttrs`, `mkIf` in the middle of sets, `mkMerge` inside one mount, labels with `mountPoint`.
{ lib, ... }:
let
  gpu = true;
  debug = false;
in
{
  networking.hostName = "mounts";
  containers.render = {
    autoStart = true;
    bindMounts =
      {
        "/work" = { hostPath = "/fast/work"; isReadOnly = false; };
        config = { mountPoint = "/etc/render"; hostPath = "/etc/render"; };
        cache = { mountPoint = lib.mkIf (!debug) "/var/cache/render"; hostPath = lib.mkIf debug "/tmp/cache"; isReadOnly = lib.mkForce false; };
      }
      // lib.optionalAttrs gpu { "/dev/nvidia0" = { hostPath = "/dev/nvidia0"; isReadOnly = false; }; }
      // lib.optionalAttrs debug { "/debug" = { }; };
    allowedDevices = lib.mkIf gpu (lib.mkMerge [
      [ { node = "/dev/nvidia0"; modifier = "rw"; } ]
      (lib.mkBefore [ { node = "/dev/nvidiactl"; modifier = "rw"; } ])
      (lib.mkIf debug [ { node = "/dev/mem"; modifier = "r"; } ])
    ]);
    additionalCapabilities = lib.mkIf debug [ "all" ];
    config = { };
  };
  imports = [
    ({ config, ... }: {
      containers.render.bindMounts."/late" = lib.mkIf (config.containers.render.autoStart) (lib.mkMerge [ { hostPath = "/a"; } { isReadOnly = false; } ]);
      containers.render.bindMounts."/absent" = lib.mkIf debug { hostPath = "/b"; };
    })
  ];
  system.stateVersion = "25.05";
}
