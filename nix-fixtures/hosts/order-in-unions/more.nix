{ lib, ... }:
{
  o = {
    plain = { ... }: { flags = [ "function" ]; };
    named.n = { ... }: { imports = [ { flags = [ "deep" ]; } ]; flags = [ "more" ]; };
    either = lib.mkMerge [ { flags = [ "merged" ]; } ];
    nullable = { flags = lib.mkBefore [ "before" ]; };
    nested.flags = [ "more" ];
    free.f.flags = [ "more" ];
    coerced = "text";
  };
}
