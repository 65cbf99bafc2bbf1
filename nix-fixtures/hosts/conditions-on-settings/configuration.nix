# Conditions that ask for two options of what they govern, one of them with a weaker definition, and their opposite.
{ config, lib, ... }:
let
  cfg = config.services.store;
in
{
  config = lib.mkMerge [
    { services.store.enable = true; services.store.settings.port = lib.mkDefault 5433; }
    (lib.mkIf (cfg.enable && cfg.settings.port == 5433) {
      services.store.remote = true;
      containers.b = { config = { }; autoStart = cfg.remote; };
    })
    (lib.mkIf (!cfg.enable) { containers.never.config = { }; services.store.dataDir = "/x"; })
    { system.stateVersion = "25.11"; }
  ];
}
