{ networking.firewall.allowedTCPPorts = [ 1234 ]; }
