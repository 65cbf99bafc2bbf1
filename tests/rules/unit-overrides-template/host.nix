{ lib, pkgs, ... }: {
  imports = [ { systemd.services."container@a".path = [ pkgs.zfs ]; } ];
  systemd.services."container@".serviceConfig.Slice = "x.slice";
  systemd.targets.machines.enable = false;
  systemd.slices.machine.sliceConfig.MemoryMax = "4G";
  containers.a.config = { };
}
