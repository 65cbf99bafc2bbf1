builtins.fetchGit { url = "/nowhere"; unknown = null; }
