{ lib, ... }: {
  systemd.services."container@by-hand".serviceConfig.DeviceAllow = [ "/dev/dri rw" ];
  containers.by-hand = { bindMounts."/dev/dri" = { isReadOnly = false; }; config = { }; };
  containers.gpu = { bindMounts = lib.genAttrs [ "/dev/nvidia0" "/dev/nvidiactl" ] (hostPath: { inherit hostPath; isReadOnly = false; }); allowedDevices = [ { node = "/dev/nvidia0"; modifier = "rw"; } ]; config = { }; };
  containers.half = { allowedDevices = map (node: { inherit node; modifier = "rw"; }) [ "/dev/video0" "/dev/video1" ]; bindMounts."/dev/video0".isReadOnly = false; config = { }; };
}
