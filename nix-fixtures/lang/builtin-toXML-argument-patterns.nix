builtins.toXML [ ({ }: 1) ({ ... }: 1) (s@{ a }: 1) (_: 1) ]
