# Shown and open: by a node in a directory, by a class, by `enableTun`; what is open to everybody; a node that the guest makes itself.
{
  containers.jellyfin = {
    bindMounts."/dev/dri" = { hostPath = "/dev/dri"; isReadOnly = false; };
    allowedDevices = [ { node = "/dev/dri/renderD128"; modifier = "rw"; } ];
    config = { };
  };
  containers.audio = {
    bindMounts."/dev/snd" = { hostPath = "/dev/snd"; isReadOnly = false; };
    allowedDevices = [ { node = "char-alsa"; modifier = "rw"; } ];
    config = { };
  };
  containers.vpn = { enableTun = true; bindMounts."/dev/net/tun" = { isReadOnly = false; }; config = { }; };
  containers.shared = { bindMounts."/dev/shm" = { isReadOnly = false; }; config = { }; };
  containers.maker = {
    additionalCapabilities = [ "CAP_MKNOD" ];
    allowedDevices = [ { node = "/dev/fuse"; modifier = "rwm"; } ];
    config = { };
  };
  containers.by-flag = {
    extraFlags = [ "--bind=/dev/fuse" ];
    allowedDevices = [ { node = "/dev/fuse"; modifier = "rw"; } ];
    config = { };
  };
}
