builtins.toJSON [ 1 (-1) 1.5 true null "s" [ ] { } ./files/text ]
