# Names that need quotes: of containers, mounts, interfaces and sites; null as a computed key leaves the attribute out.
{ lib, ... }:
let
  flag = true;
  "weird name" = "w";
in
{
  networking.hostName = "odd";
  containers."1st".config = { };
  containers."with-dash-and-3-digits" = {
    config = { };
    ${if flag then "autoStart" else null} = true;
    ${if flag then null else "ephemeral"} = true;
    bindMounts."/a b/c" = { hostPath = "/x \"quoted\""; };
    bindMounts."/ünï/cödé".hostPath = "/é";
    bindMounts."\${HOME}/x".hostPath = "/home/\${USER}";
    bindMounts."/$dollar".hostPath = ''/''${twice}/$$/'' + "/tail";
  };
  containers.${"dyn" + "amic"}.config = { };
  containers."${lib.toLower "UPPER"}${toString 5}".config = { };
  containers.or = { config = { }; extraFlags = [ "a\tb" "c\\d" "line\nbreak" "" ]; };
  networking.firewall.interfaces."br.10".allowedTCPPorts = [ 53 ];
  networking.firewall.interfaces."eth0:1".allowedUDPPorts = [ 53 ];
  networking.nat.internalInterfaces = [ "ve-1st" "ve-with-dash${lib.optionalString flag "-${"nested ${"deeper"}"}"}" ];
  boot.enableContainers = lib.mkDefault false;
  system.stateVersion = "25.05";
}
