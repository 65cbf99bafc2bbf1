# One `mkContainer = { name, ip, ports ? [ ], … }:` in a `let`, its results merged by `mkMerge (map …)`.
{ config, lib, pkgs, ... }:
let
  gateway = "10.233.1.1";
  mkContainer =
    { name, ip, ports ? [ ], mounts ? { }, autoStart ? true, extra ? { } }@args:
    {
      containers.${name} = lib.mkMerge [
        {
          inherit autoStart;
          privateNetwork = true;
          hostAddress = gateway;
          localAddress = ip;
          bindMounts = lib.mapAttrs (mountPoint: hostPath: { inherit hostPath; isReadOnly = !(args ? mounts) || lib.hasSuffix ":ro" hostPath; }) mounts;
          forwardPorts = map (p: { hostPort = p; containerPort = p; protocol = "tcp"; }) ports;
          config = { ... }: { system.stateVersion = "24.05"; networking.firewall.allowedTCPPorts = ports; };
        }
        extra
      ];
      networking.firewall.allowedTCPPorts = ports;
    };
in
lib.mkMerge (
  [
    {
      networking.hostName = "builder";
      networking.nat = { enable = true; internalInterfaces = [ "ve-+" ]; externalInterface = "enp1s0"; };
      system.stateVersion = "24.05";
    }
  ]
  ++ map mkContainer [
    { name = "git"; ip = "10.233.1.2"; ports = [ 3000 2222 ]; mounts = { "/var/lib/git" = "/tank/git"; "/etc/ssl/own" = "/etc/ssl/own:ro"; }; }
    { name = "cache"; ip = "10.233.1.3"; ports = [ 6379 ]; autoStart = false; extra.ephemeral = true; }
    { name = "idle"; ip = "10.233.1.4"; extra = { autoStart = lib.mkForce false; timeoutStartSec = "5min"; }; }
  ]
)
