builtins.typeOf ("" + /a)
