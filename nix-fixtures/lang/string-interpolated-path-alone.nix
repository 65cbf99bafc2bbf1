builtins.typeOf "${./files/text}"
