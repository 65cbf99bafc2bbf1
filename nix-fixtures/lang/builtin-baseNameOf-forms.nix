[ (baseNameOf /a/b) (baseNameOf /.) (baseNameOf "a/b/") (baseNameOf "a/b//") (baseNameOf "/") (baseNameOf "") (baseNameOf "a") (baseNameOf "//") ]
