# A range of our own option takes the port on which the host's own SSH server listens.
{
  imports = [ ({ lib, ... }: { options.services.container-rebuild = lib.mkOption { type = lib.types.attrsOf lib.types.anything; default = { }; }; }) ];
  services.openssh.enable = true;
  containers.git = {
    privateNetwork = true;
    hostAddress = "10.0.0.1";
    localAddress = "10.0.0.2";
    config.networking.firewall.enable = false;
  };
  services.container-rebuild.containers.git.forwards.low = { hostPort = "20:30"; };
}
