builtins.path { path = ./links/dangling; }
