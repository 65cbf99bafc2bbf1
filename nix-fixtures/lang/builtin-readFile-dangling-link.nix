builtins.readFile ./links/dangling
