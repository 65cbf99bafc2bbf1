# Recursive sets, functors, `@`-patterns, `inherit` of computed sets, `let` in odd places, operators that are seldom used.
{ lib, ... }@args:
let
  counter = { count = 10; __functor = self: step: self // { count = self.count + step; }; };
  net = rec {
    site = 7;
    prefix = "10.${toString site}";
    host = "${prefix}.0.1";
    guest = n: "${prefix}.0.${toString n}";
    flags = { verbose = true; inherit prefix; };
  };
  pick = { a, b ? a + 1, ... }@all: [ a b (builtins.length (builtins.attrNames all)) ];
  url = "https://example.org/p?q=1";
  compose = lib.flip lib.pipe;
  slug = compose [ lib.toLower (lib.splitString " ") (lib.filter (s: s != "")) (lib.concatStringsSep "-") ];
  step2 = counter 5 5;
in
{
  networking.hostName = slug "Rec  And Functors";
  containers = with net; rec {
    base = {
      autoStart = flags.verbose -> true;
      privateNetwork = !(!true);
      hostAddress = host;
      localAddress = guest (counter 2).count;
      config = { };
    };
    derived = base // (let n = step2.count or 0; in { localAddress = guest n; inherit (base) hostAddress; });
    third = {
      inherit (derived) config;
      timeoutStartSec = toString (builtins.head (pick { a = 41; })) + "s";
      extraFlags = map toString (pick { a = 1; b = 2; c = 3; }) ++ [ url (if args ? lib && !(args ? nope) then "yes" else "no") ];
      ephemeral = 1 < 2 && 2 <= 2 && "a" < "b" && [ 1 2 ] < [ 1 3 ] || throw "not reached";
      restartIfChanged = { a = 1; } != { a = 1; b = null; } && [ ] == [ ];
    };
  };
  networking.firewall.allowedTCPPorts = let ports = rec { http = 80; https = http + 363; }; in lib.attrValues ports;
  system.stateVersion = "25.05";
}
