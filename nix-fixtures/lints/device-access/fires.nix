# Devices that are shown and stay closed, and one that is open and not shown.
{
  containers.jellyfin = {
    bindMounts."/dev/dri" = { hostPath = "/dev/dri"; isReadOnly = false; };
    bindMounts."/dev/net/tun" = { isReadOnly = false; };
    config = { };
  };
  containers.wrong = {
    bindMounts."/dev/fuse" = { isReadOnly = false; };
    allowedDevices = [ { node = "/dev/fuse"; modifier = "rwx"; } { node = "fuse"; modifier = "rw"; } ];
    config = { };
  };
  containers.zigbee = {
    bindMounts."/dev/ttyUSB0" = { hostPath = "/dev/serial/by-id/usb-stick"; isReadOnly = false; };
    allowedDevices = [ { node = "/dev/ttyACM0"; modifier = "rw"; } ];
    config = { };
  };
}
