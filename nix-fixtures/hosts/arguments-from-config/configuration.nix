# `_module.args` from the configuration itself, in the host and in submodules; `args@`, `functionArgs`, `callPackageWith`.
{ lib, config, pkgs, ... }@args:
let
  call = lib.callPackageWith { inherit lib; port = 99; site = config.site; };
  f = { a, b ? 2, ... }@all: a + b + lib.length (lib.attrNames all);
in
{
  imports = [ ./user.nix ];
  options.site = lib.mkOption { type = lib.types.attrsOf lib.types.str; default = { }; };
  options.units = lib.mkOption {
    type = lib.types.attrsOf (lib.types.submodule ({ name, config, twice, ... }: {
      options.v = lib.mkOption { type = lib.types.int; default = twice config.w; };
      options.w = lib.mkOption { type = lib.types.int; };
      config._module.args.twice = n: n * 2;
    }));
  };
  config = {
    _module.args = { inherit (config) site; helpers = { flag = n: v: "--setenv=${n}=${toString v}"; }; };
    site.domain = "args.example";
    units.u = { twice, ... }: { w = twice 4; };
    networking.hostName = "args";
    containers.args.extraFlags = [
      "--setenv=F=${toString (f { a = 1; c = 3; })}"
      "--setenv=ARGS=${lib.concatStringsSep "," (lib.attrNames (builtins.functionArgs f))}"
      "--setenv=V=${toString config.units.u.v}"
      "--setenv=HAS=${lib.boolToString (args ? config && args ? lib)}"
    ] ++ (call ./made.nix { port = 1; });
    containers.args.config = { };
    system.stateVersion = "25.05";
  };
}
