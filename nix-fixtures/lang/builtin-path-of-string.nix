builtins.path { path = toString ./files/text; }
