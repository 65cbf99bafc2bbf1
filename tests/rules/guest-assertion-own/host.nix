{
  containers.own.config = { config, lib, ... }: {
    assertions = [ { assertion = config.services.openssh.enable; message = "own needs ssh"; } ];
    services.openssh.enable = false;
  };
  containers.fine.config = { assertions = [ { assertion = true; message = "never said"; } ]; };
}
