{ config, lib, ... }:
{
  # Takes the folders of all other containers, read-only.
  containers.backup = {
    privateNetwork = false;
    bindMounts = lib.listToAttrs (
      lib.concatLists (
        lib.mapAttrsToList (
          name: c: lib.mapAttrsToList (_: m: lib.nameValuePair "/backup/${name}${m.mountPoint}" { inherit (m) hostPath; }) c.bindMounts
        ) (removeAttrs config.containers [ "backup" ])
      )
    );
    config = import ./guest.nix;
  };
}
