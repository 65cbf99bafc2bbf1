builtins.filterSource (path: type: baseNameOf path != "text") ./files
