{ lib, ... }:
{
  zoo = {
    coerced = 8080;
    coercedList = "one";
    tagged = { a.tcp = 80; b.unix = "/run/b.sock"; };
    percent = 50; byte = 255; positive = 1; number = 1.5; real = 2.0; word = "abc"; full = "x"; line = "one line";
    commas = "a,b"; envs = "A=1"; lines = "first"; joined = "l"; some = [ 1 ]; one = "two"; either = [ 1 2 ];
    several = "auto"; lazy = { a = 1; c = lib.mkMerge [ 3 ]; };
    function = n: [ "f-${n}" ];
    unique = "only"; raw = { a = x: x + 1; }; anything = { a = 1; b = [ 1 ]; s = { t = "u"; }; }; attrs = { p = 1; };
    checked = 4; deferred = { environment.etc.a.text = "a"; };
    nested.deep = [ { v = "w"; } { } ];
    closed = { x = 1; };
    open = { known = 2; other = 3; };
  };
}
