# Each guest's module lies in a folder with its files; the host mounts files of the repository by `toString ./…` only where they are strings.
{ lib, ... }:
let
  guests = {
    mail = { dir = ./guests/mail; n = 1; };
    dns = { dir = ./guests/dns; n = 2; };
  };
  zone = lib.fileContents ./guests/dns/zone;
  records = map (l: lib.splitString " " l) (lib.splitString "\n" zone);
in
{
  networking.hostName = "nested-files";
  containers = lib.mapAttrs (name: g: {
    autoStart = builtins.pathExists (g.dir + "/autostart");
    privateNetwork = true;
    hostAddress = "10.150.${toString g.n}.1";
    localAddress = "10.150.${toString g.n}.2";
    extraFlags = [ "--setenv=DIR=${baseNameOf g.dir}" "--setenv=FILES=${lib.concatStringsSep "," (lib.attrNames (builtins.readDir g.dir))}" ];
    config = g.dir + "/module.nix";
  }) guests;
  networking.hosts = lib.listToAttrs (map (r: lib.nameValuePair (lib.elemAt r 1) [ (lib.head r) ]) records);
  networking.firewall.allowedUDPPorts = lib.optional (lib.length records == 2) 53;
  system.stateVersion = "25.05";
}
