# One long file, `with lib; with builtins;`, nested `let`s, `rec` tables, `inherit (…)` chains, string arithmetic.
{ config, pkgs, lib, ... }:

with builtins; with lib;

let
  base = rec { net = "10.12"; prefix = 16; cidr = "${net}.0.0/${toString prefix}"; gw = net + ".0.1"; };
  inherit (base) net gw;
  services = {
    dns = { id = 53; udp = [ 53 ]; };
    web = { id = 80; tcp = [ 80 443 ]; data = [ "/srv/www" "/var/log/www:/var/log/nginx" ]; };
    queue = { id = 100; after = "dns"; };
  };
  enabled = filterAttrs (n: s: !(elem n disabled)) services;
  disabled = [ ];
  mac = name: let h = hashString "sha256" name; byte = i: substring (2 * i) 2 h; in concatStringsSep ":" ([ "02" ] ++ genList byte 5);
  ip = s: "${net}.${toString (s.id / 256)}.${toString (mod s.id 256)}";
  mount = spec: let p = splitString ":" spec; in nameValuePair (last p) { hostPath = head p; isReadOnly = length p == 1; };
  mk = name: s: with s; {
    autoStart = !(s ? after);
    privateNetwork = true;
    hostAddress = gw;
    localAddress = ip s;
    localMacAddress = mac name;
    localAddress6 = "fd00::" + toLower (toHexString s.id);
    bindMounts = listToAttrs (map mount (s.data or [ ]));
    forwardPorts = (map (p: { hostPort = p; protocol = "tcp"; }) (s.tcp or [ ])) ++ (forEach (s.udp or [ ]) (p: { hostPort = p; protocol = "udp"; }));
    extraFlags = optional (s ? after) "--setenv=AFTER=${after}" ++ [ "--machine=${fixedWidthString 8 "-" name}" ];
    config = { ... }: { networking.nameservers = [ (ip services.dns) ]; };
  };
in
{
  networking = {
    hostName = "oneFile";
    nat = { enable = true; internalIPs = [ base.cidr ]; };
    firewall = rec { allowedTCPPorts = concatMap (s: s.tcp or [ ]) (attrValues enabled); allowedUDPPorts = allowedTCPPorts ++ services.dns.udp; };
  };
  containers = mapAttrs mk enabled;
  system.stateVersion = "23.05";
}
