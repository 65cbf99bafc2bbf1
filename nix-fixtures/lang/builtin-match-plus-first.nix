builtins.match "+a" "+a"
