# A host of `n` containers, as people generate them: what a whole configuration file costs.
n:
{ lib, ... }:
let
  define = i: {
    autoStart = true;
    privateNetwork = lib.mod i 2 == 0;
    hostAddress = "10.${toString (i / 250)}.${toString (lib.mod i 250)}.1";
    localAddress = "10.${toString (i / 250)}.${toString (lib.mod i 250)}.2";
    forwardPorts = map (p: { hostPort = lib.mod (20000 + i * 3 + p) 65536; containerPort = 80 + p; }) [ 0 1 2 ];
    bindMounts = {
      "/data".hostPath = "/srv/${toString i}";
      "/var/log" = { hostPath = "/log/${toString i}"; isReadOnly = false; };
    };
    extraFlags = lib.mkIf (lib.mod i 7 == 0) [ "--quiet" ];
    config = { system.stateVersion = "25.05"; };
  };
in
{
  system.stateVersion = "25.05";
  containers = lib.listToAttrs (map (i: lib.nameValuePair "c${toString i}" (define i)) (lib.genList (i: i) n));
}
