builtins.stringLength "é€😀"
