# One flag switches between development and production, by `if` around whole sets, `mkIf`, `//`, and imports chosen by a constant.
{ lib, ... }:
let
  production = import ./production.nix;
  when = cond: set: if cond then set else { };
in
{
  imports = [ (if production then ./prod.nix else ./dev.nix) ];
  networking.hostName = if production then "prod" else "dev";
  containers.api = {
    autoStart = production;
    config = { };
  }
  // when (!production) { ephemeral = true; }
  // when production { restartIfChanged = false; timeoutStartSec = "10min"; };
  networking.firewall = when production { allowPing = false; } // { allowedTCPPorts = [ 80 ] ++ (if production then [ 443 ] else [ ]); };
  system.stateVersion = "25.05";
}
