let
  deps = { web = [ "db" "cache" ]; db = [ "net" ]; cache = [ "net" ]; net = [ ]; log = [ "web" ]; };
  order = done: todo: if todo == [ ] then done else let ready = builtins.filter (n: builtins.all (d: builtins.elem d done) deps.${n}) todo; in if ready == [ ] then throw "cycle" else order (done ++ ready) (builtins.filter (n: !builtins.elem n ready) todo);
in order [ ] (builtins.attrNames deps)
