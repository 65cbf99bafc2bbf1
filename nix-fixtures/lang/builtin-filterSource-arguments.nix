builtins.filterSource (p: t: builtins.trace "${baseNameOf p} ${t}" true) ./files/folder
