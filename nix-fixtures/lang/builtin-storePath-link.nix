builtins.storePath ./links/to-folder
