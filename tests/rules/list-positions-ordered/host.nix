{ lib, ... }: {
  imports = [ ./a.nix ];
  systemd.tmpfiles.rules = lib.mkAfter [
    "d /srv/spool - - - -"
    "d /srv/mail 0755 root root -"
  ];
  containers.mail = {
    bindMounts."/mail" = { hostPath = "/srv/mail"; isReadOnly = false; };
    bindMounts."/queue" = { hostPath = "/srv/queue"; isReadOnly = false; };
    bindMounts."/keys" = { hostPath = "/srv/keys"; isReadOnly = false; };
    config = { };
  };
}
