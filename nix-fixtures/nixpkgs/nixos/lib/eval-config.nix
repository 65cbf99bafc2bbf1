# One NixOS system from its modules, with the interface of NixOS's file of this name.
evalArgs@{
  system ? builtins.currentSystem or null,
  lib ? import ../../lib,
  pkgs ? null,
  modules,
  baseModules ? import ../modules/module-list.nix,
  extraModules ? [ ],
  specialArgs ? { },
  extraArgs ? { },
  modulesLocation ? null,
  prefix ? [ ],
  check ? true,
}:
let
  platform = {
    _file = ./eval-config.nix;
    key = toString ./eval-config.nix;
    config = {
      nixpkgs = {
        system = lib.mkIf (system != null) (lib.mkDefault system);
        pkgs = lib.mkIf (pkgs != null) pkgs;
      };
      _module.args = extraArgs;
      _module.check = check;
    };
  };
  user = if modulesLocation == null then modules else map (lib.setDefaultModuleLocation modulesLocation) modules;
  evaluated = lib.evalModules {
    inherit prefix;
    class = "nixos";
    modules = baseModules ++ extraModules ++ [ platform ] ++ user;
    specialArgs = {
      modulesPath = toString ../modules;
    }
    // specialArgs;
  };
in
evaluated
// {
  inherit lib extraArgs;
  inherit (evaluated._module.args) pkgs;
  extendModules = args: evaluated.extendModules args;
}
