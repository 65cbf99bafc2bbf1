builtins.toXML [ 1 1.5 true false null "s" /p [ ] { } (x: x) ({ a, b ? 1 }: a) ({ a, ... }@s: a) builtins.add (builtins.add 1) ]
