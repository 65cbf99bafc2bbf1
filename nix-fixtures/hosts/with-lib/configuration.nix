# `with lib;` over the whole module, and names from `let` that go before those of `lib`.
{ config, lib, pkgs, ... }:

with lib;

let
  range = [ 1 2 3 ];
  toLower = s: "shadowed-${s}";
  zones = splitString " " "lan dmz guest";
  enabled = filter (z: !(hasPrefix "g" z)) zones;
in
{
  networking.hostName = concatStringsSep "-" [ "multi" "zone" ];
  networking.nat = mkIf (elem "dmz" enabled) {
    enable = mkDefault true;
    internalInterfaces = map (zone: "ve-${zone}") enabled;
    externalInterface = mkForce "uplink";
  };
  networking.firewall = {
    allowedTCPPorts = unique (concatLists [ [ 22 80 ] [ 80 443 ] ]);
    allowedUDPPorts = optionals (length zones > 2) (range ++ [ 3 ]);
    allowedUDPPortRanges = singleton { from = 60000; to = 61000; };
    trustedInterfaces = optional (any (z: z == "lan") zones) "ve-lan";
  };
  containers = mkMerge (
    imap0 (i: zone: {
      "${zone}" = {
        autoStart = all (c: c != "") (stringToCharacters zone);
        privateNetwork = true;
        hostAddress = "10.${toString i}.0.1";
        localAddress = "10.${toString i}.0.${toString (foldl' add 0 range)}";
        extraFlags = [ "--setenv=ZONE=${toUpper zone}" "--setenv=LOW=${toLower zone}" ];
        macvlans = optionals (zone == "dmz") [ "uplink" ];
        config = { system.stateVersion = versions.majorMinor "24.05.1"; };
      };
    }) enabled
  );
  system.stateVersion = "24.05";
}
