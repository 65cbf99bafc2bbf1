map builtins.functionArgs [ (x: x) ({ }: 1) ({ ... }: 1) ({ a, b ? 1, c ? a, ... }@s: 1) (s@{ a }: 1) builtins.add (builtins.add 1) ]
