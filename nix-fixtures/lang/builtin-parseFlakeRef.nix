builtins.parseFlakeRef "github:owner/repo/branch?dir=sub"
