{ lib, ... }: { containers.core.enableTun = true; containers.core.extraFlags = [ "--tun" ]; containers.tunnel = { config = { }; }; networking.nat.enable = lib.mkForce true; }
