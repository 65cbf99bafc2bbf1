builtins.appendContext (let n = ""; in { ${n} = { a, b ? 1 }: a; }.${n}) { }
