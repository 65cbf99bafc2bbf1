{ config, lib, ... }:
{
  options.roles.database.enable = lib.mkEnableOption "the database role" // { default = config.roles.monitoring.level == "never"; };
  config = lib.mkIf config.roles.database.enable {
    containers.db = {
      autoStart = true;
      privateNetwork = true;
      hostAddress = "10.25.1.1";
      localAddress = "10.25.1.2";
      config = { };
    };
    roles.monitoring.targets = [ "db" ];
  };
}
