({ a ? [ 1 ], b ? a, ... }@args: { inherit a b; z = args.a; }) { a = [ 2 ]; }
