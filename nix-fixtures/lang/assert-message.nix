assert builtins.length [ 1 ] == 2 || throw "my message"; 1
