builtins.toXML { a = [ 1 1.5 "x<&>\"'" null true ]; b = { c = ./files; }; f = x: x; g = { a, b ? 1, ... }@args: a; h = { }: 1; }
