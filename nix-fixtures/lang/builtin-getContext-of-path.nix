builtins.getContext ./files
