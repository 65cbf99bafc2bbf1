# Secrets keyed as mounts: `bindMounts."${config.age.secrets.x.path}"`, loops over a list of secrets, an own `secrets` helper.
{ config, lib, inputs, ... }:
let
  wanted = [ "smtp" "ldap" ];
  secretMounts = lib.listToAttrs (map (n: lib.nameValuePair "/run/host-secrets/${n}" { hostPath = config.age.secrets.${n}.path; }) wanted);
in
{
  imports = [ inputs.agenix.nixosModules.default ];
  age.secrets = lib.genAttrs (wanted ++ [ "api" ]) (n: { file = ./secrets + "/${n}.age"; mode = "0444"; });
  networking.hostName = "by-name";
  containers.a = { bindMounts = secretMounts // { "/plain".hostPath = "/plain"; }; config = { }; };
  containers.b = { bindMounts."${config.age.secrets.api.path}".isReadOnly = true; autoStart = true; config = { }; };
  containers.c = { extraFlags = [ "--setenv=MODE=${config.age.secrets.api.mode}" "--setenv=COUNT=${toString (lib.length wanted)}" ]; config = { }; };
  networking.nat.internalInterfaces = lib.optional (config.age.secrets ? api) "ve-b";
  system.stateVersion = "25.05";
}
