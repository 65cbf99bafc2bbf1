map (path: builtins.path { inherit path; name = "n"; }) [ ./links/to-folder ./links ]
