{ machines.hub.tags = [ "spare" ]; machines.hub.modules = [ { networking.firewall.allowedUDPPorts = [ 51820 ]; } ]; }
