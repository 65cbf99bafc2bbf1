builtins.storePath "/a/b"
