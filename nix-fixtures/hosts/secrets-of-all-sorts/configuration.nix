# Paths of secrets as keys, as host paths, through `mapAttrs'` over `config.sops.secrets`, and as plain texts.
{ config, lib, ... }:
let
  secret = name: { "/run/secrets/${name}" = { hostPath = config.sops.secrets.${name}.path; isReadOnly = true; }; };
  names = [ "wg-key" "api-token" ];
in
{
  imports = [ ./secrets.nix ];
  containers.vault = {
    autoStart = true;
    bindMounts = lib.mkMerge (map secret names ++ [ { "/etc/plain".hostPath = "/etc/plain"; } { ${config.age.secrets.cert.path} = { isReadOnly = true; }; } ]);
    extraFlags = [ "--load-credential=cert:${config.age.secrets.cert.path}" "--quiet" ];
    config = { };
  };
  containers.all.bindMounts = lib.mapAttrs' (n: s: lib.nameValuePair "/secrets/${n}" { hostPath = s.path; }) config.sops.secrets;
  containers.all.config = { };
  networking.hostName = "vault";
  system.stateVersion = "25.05";
}
