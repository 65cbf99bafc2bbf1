{ lib, ... }: {
  systemd.services."container@a" = { enable = false; preStart = lib.mkIf false "true"; environment.X = "1"; };
  systemd.services."container@gone".after = [ "x.service" ];
  systemd.services."container@b" = lib.mkIf false { after = [ "x" ]; };
  systemd.services."container@c".serviceConfig = lib.mkMerge [ (lib.mkIf false { MemoryMax = "1G"; }) { CPUWeight = 10; } ];
  containers.a = { autoStart = true; config = { }; };
  containers.b.config = { };
  containers.c.config = { };
}
