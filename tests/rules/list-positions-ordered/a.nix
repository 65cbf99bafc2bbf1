{ lib, ... }: {
  systemd.tmpfiles.rules = lib.mkMerge [
    [ "d /srv/other - - - -" ]
    (lib.mkIf false [ "d /srv/none 0755 root root -" ])
    (lib.mkIf true (lib.mkBefore [
      "d /srv/first - - - -"
      "d /srv/queue 0750 root root -"
    ]))
    (lib.mkOrder 2000 [
      "d /srv/keys 0700 root root -"
    ])
  ];
}
