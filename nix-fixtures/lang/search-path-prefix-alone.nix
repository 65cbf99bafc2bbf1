builtins.pathExists <fixtures>
