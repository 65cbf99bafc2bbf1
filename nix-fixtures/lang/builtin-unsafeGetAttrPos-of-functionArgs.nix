(builtins.unsafeGetAttrPos "b" (builtins.functionArgs ({ a, b ? 2 }: 1))).column
