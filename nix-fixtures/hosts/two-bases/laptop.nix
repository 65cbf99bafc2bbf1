# A host file beside others which it imports in part: `common/`, a user module that is a function of a name, `hardware/`.
{ config, lib, ... }:
{
  imports = [
    ./common
    ./hardware/x1.nix
    (import ./common/user.nix "dora")
    (import ./common/user.nix "emil")
    (lib.modules.importApply ./common/container.nix { name = "sandbox"; memory = 512; })
  ];
  networking.hostName = "laptop";
  networking.networkmanager.enable = true;
  sandbox.users = [ "dora" ];
}
