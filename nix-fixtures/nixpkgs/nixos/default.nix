# `import <nixpkgs/nixos> { configuration = …; }`: what the old commands evaluate.
{
  configuration ? import <nixos-config>,
  system ? builtins.currentSystem,
  specialArgs ? { },
}:
let
  eval = import ./lib/eval-config.nix {
    inherit system specialArgs;
    modules = [ configuration ];
  };
in
{
  inherit (eval) config options pkgs;
  system = eval.config.system.build.toplevel;
}
