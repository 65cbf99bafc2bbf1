# The same in guests, which the host reads: settings under their own `enable`, a name under another option of `networking`.
{ config, lib, ... }:
{
  containers.a.config =
    { config, lib, ... }:
    {
      options.own.enable = lib.mkEnableOption "it";
      options.own.port = lib.mkOption { type = lib.types.port; default = 1; };
      config = lib.mkMerge [
        { own.enable = true; }
        (lib.mkIf config.own.enable { own.port = 2; services.openssh.ports = [ 2022 ]; })
        { networking = lib.mkIf (!config.networking.useDHCP) { hostName = "static"; }; }
      ];
    };
  containers.b = {
    config = { };
    extraFlags = [
      "--name=${config.containers.a.config.networking.hostName}"
      "--port=${toString config.containers.a.config.own.port}"
      "--ssh=${toString config.containers.a.config.services.openssh.ports}"
    ];
  };
  system.stateVersion = "25.11";
}
