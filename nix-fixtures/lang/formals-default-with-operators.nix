({ a ? 1 + 2, b ? [ 1 ] ++ [ 2 ], c ? if true then 1 else 2 }: [ a b c ]) { }
