# Opened by a list, by a range, by the SSH server, by an interface, by no firewall at all; or perhaps, which is no finding.
{ pkgs, ... }:
let
  container = n: config: {
    privateNetwork = true;
    hostAddress = "192.168.100.2";
    localAddress = "192.168.100.${toString n}";
    forwardPorts = [ { containerPort = 22; hostPort = 2200 + n; } ];
    inherit config;
  };
in {
  containers.list = container 10 { networking.firewall.allowedTCPPorts = [ 22 ]; };
  containers.range = container 11 { networking.firewall.allowedTCPPortRanges = [ { from = 20; to = 30; } ]; };
  containers.server = container 12 { services.openssh.enable = true; };
  containers.interface = container 13 { networking.firewall.interfaces.eth0.allowedTCPPorts = [ 22 ]; };
  containers.trusted = container 14 { networking.firewall.trustedInterfaces = [ "eth0" ]; };
  containers.off = container 15 { networking.firewall.enable = false; };
  containers.unknown-port = container 16 { networking.firewall.allowedTCPPorts = [ (pkgs.port or 1) ]; };
  containers.unknown-service = container 17 { services.something-new.enable = true; };
  containers.told = container 18 { services.gitea.openFirewall = true; };
  containers.by-hand = container 19 { networking.firewall.extraCommands = "iptables -A nixos-fw -p tcp --dport 22 -j ACCEPT"; };
  containers.missing-module = container 20 { imports = [ <nowhere/module.nix> ]; };
  containers.missing-argument = container 22 ({ from-elsewhere, ... }: { services.httpd.enable = true; });
  containers.other-system = builtins.removeAttrs (container 21 { }) [ "config" ] // {
    path = "/nix/store/00000000000000000000000000000000-nixos-system";
  };
}
