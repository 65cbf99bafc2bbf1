with { map = 1; toString = 2; }; builtins.typeOf map
