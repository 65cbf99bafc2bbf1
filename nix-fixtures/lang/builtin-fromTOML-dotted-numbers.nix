builtins.fromTOML "3.14159 = 'pi'"
