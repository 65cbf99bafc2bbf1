{ lib, ... }:
{
  networking.nat.enable = false;
  networking.nat.externalInterface = lib.mkForce "won";
  containers.app.localAddress = lib.mkForce "10.0.9.200";
  containers.app.config = { system.stateVersion = "25.05"; };
  containers.app.hostAddress = lib.mkDefault "10.0.9.99";
  containers.app.restartIfChanged = lib.mkVMOverride false;
  containers.extra.autoStart = lib.mkOverride 1600 true;
  containers.extra.tmpfs = lib.mkOptionDefault [ "/beside-the-default" ];
}
