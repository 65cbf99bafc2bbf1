[ (builtins.match "^a$" "a") (builtins.match "(^|x)a" "a") (builtins.match "a$" "a\n") ]
