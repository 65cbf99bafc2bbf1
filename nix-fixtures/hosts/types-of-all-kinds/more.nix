{ lib, ... }:
{
  zoo = {
    commas = lib.mkBefore "z"; lines = "second"; joined = "r"; some = [ 2 3 ]; either = lib.mkAfter [ 3 ];
    lazy.d = 4; function = n: [ "g-${n}" ]; anything = { s.v = "w"; c = true; };
    deferred = { environment.etc.b.text = "b"; };
    coercedList = [ "two" ];
    nested.deep = lib.mkAfter [ { v = "last"; } ];
    open.third = 4;
  };
}
