{ lib, ... }:
{
  zoo = {
    bool = lib.mkForce true;
    lines = "two";
    commas = "c";
    joined = lib.mkBefore "first";
    list = lib.mkMerge [ [ 3 ] (lib.mkBefore [ 0 ]) ];
    nested.deep.value.b = 2;
    nested.other.value.c = 3;
    choice = lib.mkDefault "small";
    function = x: [ "from-more-${x}" ];
    tree.right = 2;
    lazy.never = lib.mkIf false 6;
    lazy.also = 7;
    anything = { a = [ 1 ]; b.d = 2; };
    pairs = [ { key = "k2"; value = "v2"; weight = 5; } ];
    attrs.two = 2;
  };
}
