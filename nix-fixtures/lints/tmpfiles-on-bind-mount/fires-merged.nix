# The place is that of the definition that has the rule, of several that are merged.
{ lib, ... }: {
  imports = [
    { systemd.tmpfiles.rules = [ "d /var/lib/other 0755 root root -" ]; }
    {
      systemd.tmpfiles.rules = lib.mkBefore [
        "d /srv/log - - - -"
        "d /srv/db 0755 root root -"
      ];
    }
    { systemd.tmpfiles.rules = [ "d /srv/last - - - -" ]; }
  ];
  containers.db = { bindMounts."/data" = { hostPath = "/srv/db"; isReadOnly = false; }; config = { }; };
}
