{ peers, lib, ... }:
{
  containers = lib.listToAttrs (lib.imap1 (i: p: lib.nameValuePair "peer-${p}" { autoStart = true; privateNetwork = true; localAddress = "10.3.0.${toString i}"; config = { }; }) peers);
  system.stateVersion = "25.05";
}
