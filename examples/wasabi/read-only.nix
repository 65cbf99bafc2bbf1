{ config, pkgs, lib, ... }: {
  networking.nat = { enable = true; internalInterfaces = [ "ve-*" ]; externalInterface = "eth0"; };
  containers.wasabi = {
    ephemeral = true;
    autoStart = true;
    privateNetwork = true;
    hostAddress = "192.168.100.2";
    localAddress = "192.168.100.11";
    bindMounts."/var/log/httpd" = { hostPath = "/mnt/wasabiData/"; isReadOnly = true; };
    forwardPorts = [ { containerPort = 22; hostPort = 2222; protocol = "tcp"; }
                     { containerPort = 80; hostPort = 8080; protocol = "tcp"; } ];
    config = { config, pkgs, ... }: {
      services.httpd.enable = true;
      services.httpd.adminAddr = "foo@example.org";
      networking.firewall.allowedTCPPorts = [ 80 ];
      systemd.tmpfiles.rules = [ "d /var/log/httpd 700 wwwrun wwwrun -" ];
    };
  };
}
