builtins.fromTOML "1234 = 1\na-b_c = 2\n\"\" = 3"
