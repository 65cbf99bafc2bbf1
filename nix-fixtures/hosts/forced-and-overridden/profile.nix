{ lib, ... }:
{
  containers = {
    a = { autoStart = false; extraFlags = [ "--lost" ]; };
    b = lib.mkForce { ephemeral = false; enableTun = true; config = { }; };
    c = { bindMounts."/lost".hostPath = "/lost"; autoStart = lib.mkDefault true; config = { }; };
    d.extraFlags = lib.mkForce [ "--kept" ];
  };
  networking.nat = { enable = false; externalInterface = "lost0"; };
  networking.firewall.allowedTCPPorts = lib.mkForce [ 2 ];
  networking.firewall.allowPing = true;
  system.stateVersion = lib.mkDefault "24.05";
}
