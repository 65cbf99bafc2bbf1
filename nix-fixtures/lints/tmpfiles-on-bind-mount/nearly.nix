# Rules that leave the owner alone, that say who with the guest's number, for other folders, for what
# the guest only reads, or is root's there too.
{
  systemd.tmpfiles.rules = [
    "d /srv/web - - - -"
    "d /srv/db 0700 71 71 -"
    "d '/srv/mysql' 0700 mysql mysql -"
    "d /srv 0755 root root -"
    "d /srv/website 0755 root root -"
    "d /srv/new 0755 :root :root -"
    "d /srv/media 0755 media media -"
    "d /srv/state 0755 root root -"
  ];
  containers.web = {
    bindMounts."/var/www" = { hostPath = "/srv/web"; isReadOnly = false; };
    bindMounts."/var/lib/postgresql" = { hostPath = "/srv/db"; isReadOnly = false; };
    bindMounts."/var/lib/mysql" = { hostPath = "/srv/mysql"; isReadOnly = false; };
    bindMounts."/new" = { hostPath = "/srv/new"; isReadOnly = false; };
    bindMounts."/media".hostPath = "/srv/media";
    bindMounts."/var/lib" = { hostPath = "/srv/state"; isReadOnly = false; };
    config = { };
  };
}
