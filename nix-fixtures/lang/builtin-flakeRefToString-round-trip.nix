# features: flakes
map (x: builtins.flakeRefToString (builtins.parseFlakeRef x)) [ "nixpkgs" "github:a/b/c?dir=d" "git+file:///a?ref=b" "path:/a?dir=b" "https://example.org/a.tar.gz?x=y" ]
