# Flags that contradict what NixOS tells systemd-nspawn, and mounts that meet.
{
  containers.a = { extraFlags = [ "--boot" ]; config = { }; };
  containers.b = { extraFlags = [ "quiet" ]; config = { }; };
  containers.c = { bindMounts."/data".hostPath = "/srv/data"; tmpfs = [ "/data/" ]; config = { }; };
}
