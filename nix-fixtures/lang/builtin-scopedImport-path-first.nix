builtins.scopedImport (throw "scope") 1
