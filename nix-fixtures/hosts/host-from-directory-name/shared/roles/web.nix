{ config, ... }: { containers.web = { autoStart = true; hostAddress = config.shared.address; config = { }; }; networking.firewall.allowedTCPPorts = [ 80 ]; }
