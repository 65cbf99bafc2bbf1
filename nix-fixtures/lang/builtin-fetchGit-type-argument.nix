builtins.fetchGit { url = "/nowhere"; type = "git"; }
