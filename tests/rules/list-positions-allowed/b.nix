{
  # container-rebuild: allow(tmpfiles-on-bind-mount)
  systemd.tmpfiles.rules = [
    "d /srv/log - - - -"
    "d /srv/db 0755 root root -"
  ];
  containers.db = { bindMounts."/data" = { hostPath = "/srv/db"; isReadOnly = false; }; config = { }; };
}
