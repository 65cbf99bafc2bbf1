{ networking.firewall = { allowedTCPPorts = [ 22 ]; allowPing = true; }; networking.nat.internalInterfaces = [ "ve-+" ]; }
