# A collection of services by folder: an index of modules, each with `enable`, switched on from one list by the host file.
{ lib, config, ... }:
{
  imports = [ ./jellyfin.nix ./vaultwarden.nix ./unbound.nix ./lib.nix ];
  options.collection.enabled = lib.mkOption { type = lib.types.listOf lib.types.str; default = [ ]; };
  config.collection.services = lib.genAttrs config.collection.enabled (_: { enable = true; });
}
