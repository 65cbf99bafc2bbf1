# Addresses, ports, MACs and sizes by arithmetic: `div`, `mod`, `bitAnd`, hex strings, hashes, folds.
{ lib, ... }:
let
  names = [ "ant" "bee" "cicada" "dragonfly" "earwig" ];
  indexed = lib.imap0 (index: name: { inherit index name; }) names;
  base = 167772160 + 256 * 37;
  octets = n: [ (n / 16777216) (lib.mod (n / 65536) 256) (lib.mod (n / 256) 256) (builtins.bitAnd n 255) ];
  ip = n: lib.concatMapStringsSep "." toString (octets n);
  hex2 = n: lib.fixedWidthString 2 "0" (lib.toLower (lib.toHexString n));
  mac = name: let h = builtins.hashString "sha256" name; in "02:" + lib.concatStringsSep ":" (map (i: builtins.substring (2 * i) 2 h) (lib.range 0 4));
  fib = n: if n < 2 then n else fib (n - 1) + fib (n - 2);
  assigned =
    (lib.foldl' (acc: e: {
      next = acc.next + fib (e.index + 3);
      ports = acc.ports // { ${e.name} = acc.next; };
    }) { next = 9000; ports = { }; } indexed).ports;
  half = n: builtins.floor (n * 1.0 / 2);
in
{
  networking.hostName = "numbers-${toString (half 7)}";
  containers = lib.listToAttrs (
    map (e: {
      inherit (e) name;
      value = {
        autoStart = lib.mod e.index 2 == 0;
        privateNetwork = true;
        hostAddress = ip (base + e.index * 4 + 1);
        localAddress = ip (base + e.index * 4 + 2);
        localAddress6 = "fd00::${hex2 (e.index * 17)}:${lib.toHexString (4096 + e.index)}";
        localMacAddress = mac e.name;
        forwardPorts = [ { hostPort = assigned.${e.name}; containerPort = lib.max 80 (lib.min 90 (80 + e.index * 4)); } ];
        extraFlags = [ "--property=MemoryMax=${toString (128 * lib.foldl' builtins.mul 1 (lib.genList (_: 2) e.index))}M" ];
        privateUsers = builtins.bitOr (builtins.mul 65536 (e.index + 1)) 0;
        config = { };
      };
    }) indexed
  );
  networking.firewall.allowedTCPPortRanges = [ { from = lib.foldl' lib.min 65535 (lib.attrValues assigned); to = lib.foldl' lib.max 0 (lib.attrValues assigned); } ];
  system.stateVersion = "25.05";
}
