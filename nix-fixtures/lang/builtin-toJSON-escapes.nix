builtins.toJSON "\"\\/\n\t\r é€😀 <>&'"
