# Kept by a mount of the folder, of one around it, of one in it, by a flag, or by the guest; not ephemeral; not enabled, or perhaps.
{ pkgs, ... }:
let postgresql = { services.postgresql.enable = true; system.stateVersion = "24.11"; };
in {
  containers.a = {
    ephemeral = true;
    bindMounts."/var/lib/postgresql" = { hostPath = "/srv/a"; isReadOnly = false; };
    config = postgresql;
  };
  containers.b = { ephemeral = true; bindMounts."/var/lib" = { hostPath = "/srv/b"; isReadOnly = false; }; config = postgresql; };
  containers.c = {
    ephemeral = true;
    bindMounts."/data" = { hostPath = "/srv/c"; isReadOnly = false; };
    config = { services.postgresql = { enable = true; dataDir = "/data/16"; }; system.stateVersion = "24.11"; };
  };
  containers.d = { ephemeral = true; extraFlags = [ "--bind=/srv/d:/var/lib/postgresql" ]; config = postgresql; };
  containers.e = {
    ephemeral = true;
    config = { fileSystems."/var/lib/postgresql" = { device = "nas:/pg"; fsType = "nfs"; }; } // postgresql;
  };
  containers.f = { ephemeral = false; config = postgresql; };
  containers.g = { ephemeral = true; config.services.postgresql.enable = false; };
  containers.h = { ephemeral = true; config.services.postgresql.enable = pkgs.stdenv.hostPlatform.isx86_64; };
  containers.j = {
    ephemeral = true;
    bindMounts."/var/vmail" = { hostPath = "/srv/j"; isReadOnly = false; };
    config.services.dovecot2 = { enable = true; mailLocation = "maildir:/var/vmail/%d/%n"; };
  };
  containers.i = {
    ephemeral = true;
    bindMounts."/data" = { hostPath = "/srv/i"; isReadOnly = false; };
    config = {
      services.postgresql = { enable = true; dataDir = "/data/${pkgs.postgresql.psqlSchema}"; };
      system.stateVersion = "24.11";
    };
  };
}
