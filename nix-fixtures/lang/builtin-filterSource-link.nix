builtins.filterSource (path: type: true) ./links/to-folder
