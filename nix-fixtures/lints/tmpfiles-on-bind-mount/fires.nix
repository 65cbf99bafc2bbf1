# A folder given to root, one that is emptied at boot, and one that all of a tree is given to somebody with.
{
  systemd.tmpfiles.rules = [
    "d /srv/web 0755 root root -"
    "Z /srv/media - media media -"
  ];
  systemd.tmpfiles.settings."10-cache"."/var/cache/app".D = { mode = "0750"; age = "1d"; };
  containers.web = {
    bindMounts."/var/www" = { hostPath = "/srv/web/"; isReadOnly = false; };
    bindMounts."/media" = { hostPath = "/srv/media/films"; isReadOnly = false; };
    bindMounts."/cache" = { hostPath = "/var/cache/app/web"; isReadOnly = false; };
    config = { };
  };
}
