# A list of files, each a container as a plain set with its `name`; two passes: one for containers, one for the host.
{ lib, ... }:
let
  specs = map (f: import f) [ ./specs/a.nix ./specs/b.nix ./specs/c.nix ];
  active = lib.filter (s: s.enable or true) specs;
  toContainer = i: s: {
    ${s.name} = {
      autoStart = true;
      privateNetwork = true;
      hostAddress = "10.43.${toString i}.1";
      localAddress = "10.43.${toString i}.2";
      bindMounts = lib.mapAttrs (_: lib.mergeAttrs { isReadOnly = false; }) (s.mounts or { });
      config = s.guest or { };
    }
    // s.extra or { };
  };
in
{
  networking.hostName = "listed";
  containers = lib.foldl' lib.mergeAttrs { } (lib.imap1 toContainer active);
  networking.firewall.allowedTCPPorts = lib.concatMap (s: s.open or [ ]) active;
  networking.nat.enable = lib.length active > 1;
  networking.nat.internalInterfaces = lib.forEach active (s: "ve-${s.name}");
  system.stateVersion = "25.05";
}
