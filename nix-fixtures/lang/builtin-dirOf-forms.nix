[ (dirOf /a/b) (dirOf /a) (dirOf /.) (dirOf "a") (dirOf "a/b") (dirOf "/a") (dirOf "a/") (dirOf "") (dirOf "/") ]
