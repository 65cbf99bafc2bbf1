builtins.fetchTarball { url = "x"; unknown = 1; }
