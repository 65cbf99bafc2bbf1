{ lib, config, ... }:
let
  inherit (lib) mkOption types;
  of = type: mkOption { inherit type; };
in
{
  options.zoo = {
    bool = mkOption { type = types.bool; default = true; };
    lines = of types.lines;
    commas = of types.commas;
    joined = of (types.separatedString "+");
    list = of (types.listOf types.int);
    nested = of (types.attrsOf (types.attrsOf (types.attrsOf types.int)));
    choice = of (types.enum [ "small" "medium" "large" ]);
    maybe = of (types.nullOr types.str);
    either = of (types.either types.int (types.enum [ "auto" "off" ]));
    port = of types.port;
    coerced = of (types.coercedTo types.int (n: "${toString n}s") types.str);
    function = of (types.functionTo (types.listOf types.str));
    tree = of (types.submodule { freeformType = types.attrsOf types.int; options.left = of types.int; options.middle = mkOption { default = 0; type = types.int; }; });
    lazy = of (types.lazyAttrsOf types.int);
    unique = of (types.uniq types.str);
    anything = of types.anything;
    pairs = of (types.listOf (types.submodule { options = { key = of types.str; value = of types.str; weight = mkOption { type = types.ints.unsigned; default = 10; }; }; }));
    path = of types.path;
    matched = of (types.strMatching "[A-Z]{2}(:[A-Z]{2})*");
    nonEmpty = of (types.nonEmptyListOf types.str);
    attrs = of types.attrs;
    float = of types.float;
    signed = of (types.ints.between (-10) 10);
    readOnly = mkOption { type = types.int; readOnly = true; default = config.zoo.port + 1; };
  };
}
