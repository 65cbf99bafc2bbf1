let a = 1; k = "a"; in { inherit ${k}; }
