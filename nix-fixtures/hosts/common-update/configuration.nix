# `common // { … }` and `recursiveUpdate`: the first replaces whole sets, the second goes into them.
{ lib, ... }:
let
  common = {
    autoStart = true;
    ephemeral = true;
    privateNetwork = true;
    hostBridge = "br0";
    bindMounts = {
      "/etc/ssl/certs" = { hostPath = "/etc/ssl/certs"; };
      "/srv" = { hostPath = "/srv/common"; isReadOnly = true; };
    };
    extraFlags = [ "--bind-ro=/etc/timezone" ];
  };
  guest = { system.stateVersion = "23.11"; };
in
{
  networking.hostName = "cellar";
  networking.bridges."br0".interfaces = [ ];

  containers.shallow = common // {
    localAddress = "10.0.0.10/24";
    bindMounts."/srv".hostPath = "/srv/shallow";
    config = guest;
  };
  containers.deep = lib.recursiveUpdate common {
    localAddress = "10.0.0.11/24";
    bindMounts."/srv" = { hostPath = "/srv/deep"; };
    extraFlags = [ "--quiet" ];
    config = guest;
  };
  containers.chained = common // { ephemeral = false; } // { localAddress = "10.0.0.12/24"; config = guest; };
  containers.until = lib.recursiveUpdateUntil (path: l: r: path == [ "bindMounts" "/srv" ]) common {
    bindMounts."/srv" = { isReadOnly = false; };
    localAddress = "10.0.0.13/24";
    config = guest;
  };
  containers.removed = builtins.removeAttrs common [ "hostBridge" "ephemeral" "nothing" ] // {
    hostAddress = "10.0.1.1";
    localAddress = "10.0.1.2";
    config = guest // { networking.hostName = "other"; };
  };

  system.stateVersion = "23.11";
}
