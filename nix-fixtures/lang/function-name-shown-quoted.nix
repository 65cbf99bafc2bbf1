let n = ""; in builtins.length [ 1 ] + { ${n} = { a, b ? 1 }: a; }.${n}
