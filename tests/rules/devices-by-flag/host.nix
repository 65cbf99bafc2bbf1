{
  containers.all = { bindMounts."/dev" = { hostPath = "/dev"; isReadOnly = false; }; config = { }; };
  containers.flag = { extraFlags = [ "--bind=/dev/kvm" ]; config = { }; };
  containers.kvm = { allowedDevices = [ { node = "/dev/kvm"; modifier = "rw"; } ]; extraFlags = [ "--bind=/dev/kvm" ]; config = { }; };
  containers.shm = { bindMounts."/dev/shm" = { isReadOnly = false; }; config = { }; };
}
