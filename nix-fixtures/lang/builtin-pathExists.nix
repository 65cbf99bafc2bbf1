[ (builtins.pathExists ./files/text) (builtins.pathExists ./files/nothing) (builtins.pathExists ./files) (builtins.pathExists ./files/folder/default.nix) (builtins.pathExists ./files/text/x) ]
