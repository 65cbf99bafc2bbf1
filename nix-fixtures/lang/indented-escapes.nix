let z = 1; in ''x''$y''\t$${z} ''' ''
