{ config, ... }:
{
  flake.modules.nixos.db =
    { lib, ... }:
    {
      imports = [ config.flake.modules.generic.common ];
      containers.db = {
        ephemeral = true;
        bindMounts."/data".hostPath = "/srv/db";
        config = { };
      };
      networking.firewall.trustedInterfaces = lib.mkBefore [ "db" ];
    };
  flake.modules.nixos.web = { lib, ... }: { containers.web.hostAddress = lib.mkForce "10.6.0.1"; };
}
