# Names that NixOS refuses only when the system is built (underscores) are in the model all the same, with all they say.
{ lib, ... }:
{
  networking.hostName = "names";
  containers = lib.genAttrs [ "my_app" "db_1" "fine" ] (n: { autoStart = true; bindMounts."/srv/${n}".isReadOnly = false; config = { }; });
  networking.nat.internalInterfaces = [ "ve-my_app" ];
  system.stateVersion = "25.05";
}
