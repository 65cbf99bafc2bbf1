let k = "b"; in { a.bc = 1; }.a."${k}c"
