builtins.path { path = ./links/to-folder; filter = path: type: throw path; }
