builtins.fromTOML "# c\na = 1 # d\n\n# e"
