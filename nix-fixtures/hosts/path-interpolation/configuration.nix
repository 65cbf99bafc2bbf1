# Paths as strings: `toString ./.`, `./. + "/x"`, computed imports, `builtins.path`-free file reading, `pathExists`.
{ lib, ... }:
let
  names = [ "red" "green" "blue" ];
  file = name: ./colours + "/${name}.nix";
  text = name: lib.trim (builtins.readFile (./colours + ("/" + name + ".txt")));
  exists = name: builtins.pathExists ./colours/${name}.txt;
in
{
  imports = [ ./more/../more/port.nix ];
  networking.hostName = baseNameOf (toString ./colours);
  containers = lib.genAttrs names (
    name:
    import (file name) {
      inherit lib;
      label = if exists name then text name else "none";
    }
  );
  networking.firewall.allowedTCPPorts = map lib.toInt (lib.splitString "\n" (lib.removeSuffix "\n" (builtins.readFile ./ports)));
  networking.nat.internalInterfaces = map (n: "ve-" + n) (builtins.filter exists names);
  boot.enableContainers = builtins.pathExists ./colours/red.txt && !builtins.pathExists "${toString ./.}/nowhere";
  system.stateVersion = "25.05";
}
