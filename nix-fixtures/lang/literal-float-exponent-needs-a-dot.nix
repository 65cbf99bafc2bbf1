let e7 = 5; in [ 1e7 ]
