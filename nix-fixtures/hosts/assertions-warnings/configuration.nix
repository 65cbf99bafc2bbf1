# Assertions, warnings, `warnIf`, `assertMsg`, `throwIf` and `assert` around values; all hold.
{ config, lib, ... }:
let
  limit = 3;
  names = [ "a1" "a2" "a3" ];
  checked = assert lib.assertMsg (lib.length names <= limit) "too many"; names;
  port = p: lib.throwIf (p < 1024) "privileged port" p;
  old = lib.warnIf (limit < 3) "limit is low" "kept";
in
{
  assertions = [
    {
      assertion = lib.all (c: c.localAddress != null) (lib.attrValues config.containers);
      message = "every container has an address";
    }
    {
      assertion = config.networking.nat.enable -> config.networking.nat.externalInterface != null;
      message = "name the interface";
    }
  ];
  warnings = lib.optional (!config.networking.nat.enable) "no translation";
  networking.hostName = "careful";
  containers = lib.listToAttrs (
    lib.imap1 (i: name: {
      inherit name;
      value = {
        autoStart = assert i > 0; i != 2;
        privateNetwork = true;
        hostAddress = "10.5.${toString i}.1";
        localAddress = "10.5.${toString i}.2";
        extraFlags = [ "--setenv=MODE=${old}" ];
        forwardPorts = [ { hostPort = port (9000 + i); } ];
        config = { };
      };
    }) checked
  );
  networking.nat = lib.warn "evaluated" { enable = false; };
  system.stateVersion = "25.05";
}
