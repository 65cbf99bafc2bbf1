map toString [ 0.1 1.0 (-2.5) 1.0e7 1.0e-7 ]
