{
  imports = [ ./services ];
  collection.enabled = [ "jellyfin" "unbound" ];
  collection.services.vaultwarden.enable = false;
  collection.subnet = "10.111.7";
  networking.hostName = "collector";
  containers.unbound.ephemeral = true;
  system.stateVersion = "25.05";
}
