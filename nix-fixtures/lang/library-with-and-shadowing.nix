let lib = { id = x: "lib"; map = f: x: "libmap"; own = 1; }; id = x: "let"; in with lib; [ (id 1) (map 1 1 or "never") own (with { own = 2; id = 3; }; [ own (id 1) ]) ]
