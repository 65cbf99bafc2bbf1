[ (builtins.match "^a$" "a") (builtins.match "(^a)" "a") (builtins.match "a^b" "a^b") (builtins.match "a$b" "a$b") ]
