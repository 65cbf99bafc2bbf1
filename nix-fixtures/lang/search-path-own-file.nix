[
  (builtins.typeOf <nix/fetchurl.nix>)
  <nix/fetchurl.nix>
  <nix/nothing-there>
  (toString <nix/fetchurl.nix>)
  (builtins.functionArgs (import <nix/fetchurl.nix>))
  (map builtins.pathExists [ <nix/fetchurl.nix> <nix/nothing-there> ])
  (<nix/fetchurl.nix> + "/../a")
  (baseNameOf <nix/fetchurl.nix>)
  (builtins.findFile [ ] "nix/fetchurl.nix")
  (builtins.findFile [ { prefix = "nix"; path = ./files; } ] "nix/text")
  (builtins.findFile [ { prefix = "nix"; path = ./files; } ] "nix/fetchurl.nix")
]
