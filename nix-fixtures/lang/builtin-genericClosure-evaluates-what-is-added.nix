builtins.genericClosure {
  startSet = [ { key = 1; } ];
  operator = item: if item.key == 1 then [ { key = 2; } (throw "added") ] else throw "called again";
}
