let
  fetch = arguments: import <nix/fetchurl.nix> ({
    url = "http://example.org/a.tar";
    sha256 = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
  } // arguments);
in map (arguments: let made = fetch arguments; in [ made.drvPath made.outPath ]) [
  { }
  { unpack = true; }
  { executable = true; }
  { name = "other"; }
  { hash = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="; }
]
