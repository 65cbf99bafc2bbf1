{ lib, config, ... }:
{
  imports = [ ./base.nix ];
  containers = lib.mkMerge [
    { app.extraFlags = lib.mkAfter [ "--from=site" ]; }
    { app.tmpfs = lib.mkBefore [ "/before" ]; }
    (lib.mkIf (config.networking.hostName == "layers") {
      app.extraFlags = [ "--when=layers" ];
      extra = {
        config = { };
        privateNetwork = config.containers.app.privateNetwork;
      };
    })
    (lib.mkIf (config.networking.hostName == "other") { never.config = { }; })
  ];
  networking.nat = {
    enable = lib.mkOverride 90 true;
    externalInterface = lib.mkDefault "lost";
    internalInterfaces = lib.mkOrder 1600 [ "last" ];
  };
  networking.firewall.allowedTCPPorts = [ 80 443 ];
  networking.firewall.allowedUDPPorts = lib.mkMerge [ [ 53 ] (lib.mkIf config.networking.nat.enable [ 51820 ]) ];
}
