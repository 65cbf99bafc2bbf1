builtins.typeOf (import ./files/folder)
