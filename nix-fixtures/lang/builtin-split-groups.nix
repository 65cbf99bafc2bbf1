builtins.split "([0-9]+)(x)?" "a12x b3"
