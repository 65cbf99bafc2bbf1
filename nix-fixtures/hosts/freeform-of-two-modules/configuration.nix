# The freeform types of several modules are merged like the types of two declarations of an option, or do not go together.
{ config, lib, ... }:
let
  inherit (lib) types;
  of = freeformTypes: types.submoduleWith { modules = map (freeformType: { inherit freeformType; }) freeformTypes; };
  part = name: types.attrsOf (types.submodule { options.${name} = lib.mkOption { type = types.int; default = 1; }; });
  result = name:
    let value = builtins.tryEval (builtins.deepSeq config.app.${name} config.app.${name}); in
    "--setenv=${name}=${if value.success then builtins.toJSON value.value else "refused"}";
in
{
  options.app = {
    equal = lib.mkOption { type = of [ (types.attrsOf types.int) (types.attrsOf types.int) ]; };
    joined = lib.mkOption { type = of [ (part "a") (part "b") ]; };
    different = lib.mkOption { type = of [ (types.attrsOf types.int) (types.attrsOf types.str) ]; };
    absent = lib.mkOption { type = of [ null null ]; };
    half = lib.mkOption { type = of [ (types.attrsOf types.int) null ]; };
  };

  config = {
    app.equal.x = 2;
    app.joined.x.a = 3;
    app.different.x = 2;
    app.absent = { };
    app.half.x = 2;
    containers.app = {
      extraFlags = map result [ "equal" "joined" "different" "absent" "half" ];
      config = { };
    };
    system.stateVersion = "25.05";
  };
}
