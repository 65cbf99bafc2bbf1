{
  hosts.left.modules = [ ({ config, ... }: { networking.firewall.allowedTCPPorts = [ (builtins.stringLength config.networking.hostName) ]; }) ];
  hosts.third = { };
  shared = [ { networking.nat.enable = true; } ];
}
