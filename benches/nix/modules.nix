# The module system: containers of 75 typed options each, through `lib.evalModules`.
{
  lib ? import ../../src/modules/lib,
  count ? 1000,
}:
let
  inherit (lib) mkOption types;
  text = n: "option${toString n}";
  option =
    n:
    let
      kind = n - n / 5 * 5;
    in
    mkOption (
      if kind == 0 then
        { type = types.bool; default = false; }
      else if kind == 1 then
        { type = types.int; default = n; }
      else if kind == 2 then
        { type = types.str; default = text n; }
      else if kind == 3 then
        { type = types.listOf types.str; default = [ ]; }
      else
        { type = types.nullOr types.str; default = null; }
    );
  container = {
    options = builtins.listToAttrs (
      builtins.genList (n: {
        name = text n;
        value = option n;
      }) 75
    );
  };
  declarations = {
    options.containers = mkOption {
      type = types.attrsOf (types.submodule container);
      default = { };
    };
  };
  definitions = {
    config.containers = builtins.listToAttrs (
      builtins.genList (n: {
        name = "container${toString n}";
        value = {
          option0 = true;
          option1 = n;
          option2 = "name ${toString n}";
          option3 = [ "a" "b" (toString n) ];
        };
      }) count
    );
  };
in
(lib.evalModules {
  modules = [
    declarations
    definitions
  ];
}).config.containers
