builtins.toJSON ("ab" + builtins.substring 0 2 "€" + "x")
