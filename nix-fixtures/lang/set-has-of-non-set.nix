[ (1 ? a) (null ? a.b) ((x: x) ? a) ("s" ? a) ]
