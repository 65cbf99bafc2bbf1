{
  containers.zig = { bindMounts."/dev/ttyUSB0" = { hostPath = "/dev/serial/by-id/usb-x"; isReadOnly = false; }; allowedDevices = [ { node = "/dev/ttyUSB0"; modifier = "rw"; } ]; config = { }; };
  containers.fuse = { allowedDevices = [ { node = "/dev/fuse"; modifier = "rwm"; } ]; additionalCapabilities = [ "CAP_MKNOD" ]; config = { }; };
  containers.snd = { bindMounts."/dev/snd" = { isReadOnly = false; }; allowedDevices = [ { node = "char-alsa"; modifier = "rw"; } ]; config = { }; };
  containers.tun = { enableTun = true; bindMounts."/dev/net/tun" = { }; config = { }; };
}
