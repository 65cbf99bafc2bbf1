{ self, lib, ... }:
let
  db = self.nixosConfigurations.db.config;
in
{
  services.site.address = "10.8.0.7";
  containers.app = {
    autoStart = true;
    privateNetwork = true;
    hostBridge = "br-app";
    localAddress = "10.8.0.8/24";
    extraFlags = [
      "--setenv=DB_HOST=${db.services.site.address}"
      "--setenv=PG=${lib.head (lib.splitString "/" db.containers.pg.localAddress)}"
      "--setenv=PEER=${db.networking.hostName}"
    ];
    config = { };
  };
  system.stateVersion = "24.11";
}
