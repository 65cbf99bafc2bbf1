builtins.fetchGit { url = { outPath = "/nowhere"; }; }
