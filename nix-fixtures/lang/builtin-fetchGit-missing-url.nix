fetchGit { }
