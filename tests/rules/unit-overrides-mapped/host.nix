{ config, lib, ... }: {
  systemd.services = lib.mapAttrs' (n: _: lib.nameValuePair "container@${n}" { serviceConfig.CPUQuota = "50%"; unitConfig.RequiresMountsFor = [ "/srv" ]; }) { a = 1; };
  containers.a.config = { };
  containers.b.config = { };
}
