# Other parts of the host are made from `config.containers`: units, backups, hosts entries; nothing of it comes back.
{ config, lib, pkgs, ... }:
let
  state = name: "/var/lib/nixos-containers/${name}";
  kept = lib.filterAttrs (_: c: !c.ephemeral) config.containers;
in
{
  containers.db = { autoStart = true; bindMounts."/var/lib/db" = { hostPath = "/tank/db"; isReadOnly = false; }; config.services.postgresql.enable = true; };
  containers.tmp = { ephemeral = true; config = { }; };
  services.restic.backups = lib.mapAttrs (name: c: { paths = [ (state name) ] ++ map (m: m.hostPath) (lib.attrValues c.bindMounts); timerConfig.OnCalendar = "daily"; repository = "/backup/${name}"; passwordFile = "/etc/restic"; }) kept;
  systemd.services = lib.mapAttrs' (name: _: lib.nameValuePair "container@${name}" { serviceConfig.MemoryMax = "1G"; after = [ "tank.mount" ]; }) config.containers;
  systemd.tmpfiles.rules = lib.concatLists (lib.mapAttrsToList (_: c: lib.mapAttrsToList (_: m: "d ${m.hostPath} 0755 root root -") c.bindMounts) kept);
  networking.extraHosts = lib.concatStringsSep "\n" (lib.mapAttrsToList (n: c: "${toString c.localAddress} ${n}") config.containers);
  environment.etc = lib.mapAttrs' (n: c: lib.nameValuePair "containers.d/${n}.json" { text = builtins.toJSON { inherit (c) autoStart ephemeral; }; }) config.containers;
  networking.firewall.allowedTCPPorts = lib.optional (kept ? db) 5432;
  networking.hostName = "backup-${toString (lib.length (lib.attrNames kept))}";
  system.stateVersion = "24.11";
}
