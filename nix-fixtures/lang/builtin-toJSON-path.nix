builtins.toJSON ./files/text
