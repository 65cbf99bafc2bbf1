# A container for each file or folder of `containers/`, by `readDir` and `mapAttrs'`; data beside them in JSON.
{ lib, ... }:
let
  entries = builtins.readDir ./containers;
  nixFiles = lib.filterAttrs (n: t: t == "regular" && lib.hasSuffix ".nix" n) entries;
  folders = lib.filterAttrs (_: t: t == "directory") entries;
  ports = lib.importJSON ./ports.json;
  common = name: { autoStart = lib.mkDefault true; privateNetwork = true; hostAddress = "10.5.0.1"; forwardPorts = map (p: { hostPort = p; }) (ports.${name} or [ ]); };
  load = name: path: lib.mkMerge [ (common name) (import path { inherit lib name; }) ];
in
{
  networking.hostName = "reader";
  system.stateVersion = "24.11";
  containers =
    lib.mapAttrs' (n: _: let name = lib.removeSuffix ".nix" n; in lib.nameValuePair name (load name (./containers + "/${n}"))) nixFiles
    // lib.mapAttrs (n: _: load n (./containers/${n})) folders;
  networking.firewall.allowedTCPPorts = lib.concatLists (lib.attrValues ports);
}
