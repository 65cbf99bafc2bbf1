{ config, lib, ... }: { containers.mail = { autoStart = lib.mkDefault false; hostAddress = config.containers.web.hostAddress; config = { }; }; networking.firewall.allowedTCPPorts = [ 25 ]; }
