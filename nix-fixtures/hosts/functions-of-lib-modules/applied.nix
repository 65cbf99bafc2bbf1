{ port }: { lib, ... }: { networking.firewall.allowedTCPPorts = [ port ]; site.containers.applied = lib.mkDefault [ "p${toString port}" ]; }
