builtins.match ".*" ./files
