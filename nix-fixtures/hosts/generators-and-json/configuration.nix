# `toJSON`, `fromJSON` round trips, `lib.generators`, `toFile`-free text, `hashString`, sorting by several keys.
{ lib, ... }:
let
  spec = builtins.fromJSON ''
    { "guests": [ { "n": "zeta", "w": 2 }, { "n": "eta", "w": 1 }, { "n": "theta", "w": 2, "x": { "tun": true, "f": [1.5, -2, null] } } ] }
  '';
  sorted = lib.sort (a: b: if a.w != b.w then a.w < b.w else a.n < b.n) spec.guests;
  ini = lib.generators.toINI { } { net = { mode = "veth"; mtu = 1500; on = true; }; };
  kv = lib.generators.toKeyValue { } { B = 2; A = "x"; };
  round = builtins.fromJSON (builtins.toJSON { a = [ 1 { b = null; } ]; });
in
{
  networking.hostName = "json-${lib.substring 0 6 (builtins.hashString "sha1" (builtins.toJSON round))}";
  containers = lib.listToAttrs (lib.imap0 (i: g: lib.nameValuePair g.n {
    autoStart = i == 0;
    enableTun = g.x.tun or false;
    privateUsers = 65536 * g.w;
    extraFlags = [
      "--setenv=SPEC=${builtins.toJSON g}"
      "--setenv=PRETTY=${lib.generators.toPretty { multiline = false; } g}"
      "--setenv=INI=${lib.replaceStrings [ "\n" ] [ "," ] ini}"
      "--setenv=KV=${lib.concatStringsSep "," (lib.splitString "\n" kv)}"
      "--setenv=FROM=${toString ((lib.head round.a) + i)}"
    ];
    config = { };
  }) sorted);
  system.stateVersion = "25.05";
}
