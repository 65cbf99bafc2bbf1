builtins.fetchGit { url = "/nowhere"; ref = [ ]; }
