{
  containers.networkd = { config.systemd.network.enable = true; };
  containers.imported.config = { lib, ... }: { imports = [ { services.resolved.enable = lib.mkDefault true; } ]; };
  containers.without = { config = { networking.useNetworkd = true; services.resolved.enable = false; }; };
  containers.plain = { config = { networking.useNetworkd = true; networking.useHostResolvConf = false; }; };
  containers.missing.config = { imports = [ <nowhere/module.nix> ]; services.resolved.enable = true; };
}
