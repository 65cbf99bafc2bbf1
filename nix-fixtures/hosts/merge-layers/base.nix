{ lib, config, ... }:
{
  containers.app = lib.mkMerge [
    (lib.mkDefault {
      # A whole entry of lower priority: the other definitions of the entry win, and nothing of this is left.
      autoStart = false;
      ephemeral = true;
      privateNetwork = true;
      hostAddress = "10.0.9.1";
      localAddress = "10.0.9.2";
      config = { system.stateVersion = "25.05"; };
    })
    {
      extraFlags = lib.mkBefore [ "--from=base" ];
      tmpfs = lib.mkAfter [ "/after" ];
    }
  ];
  networking.firewall.allowedTCPPorts = lib.mkDefault [ 1111 ];
  networking.firewall.trustedInterfaces = lib.mkAfter [ "ve-app" ];
  networking.nat.internalInterfaces = lib.mkIf config.networking.nat.enable [ "ve-app" ];
}
