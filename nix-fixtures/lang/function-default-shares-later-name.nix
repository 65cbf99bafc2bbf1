({ a ? b, b ? [ 1 ] }: { inherit a b; }) { }
