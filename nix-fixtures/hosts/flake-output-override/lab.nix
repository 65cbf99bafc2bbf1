{ config, ... }:
{
  containers.shared.autoStart = true;
  containers.shared.tmpfs = [ "/lab" ];
  containers.${config.networking.hostName} = { config = { }; };
}
