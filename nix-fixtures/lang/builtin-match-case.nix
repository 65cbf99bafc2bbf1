builtins.match "[a-z]+" "ABC"
