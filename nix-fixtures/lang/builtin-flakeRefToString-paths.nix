# features: flakes
map builtins.flakeRefToString [ { type = "path"; path = "/a b"; } { type = "path"; path = "/a"; dir = "x y"; narHash = "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="; lastModified = 5; revCount = 2; } { type = "path"; path = "a"; } { type = "path"; path = "/a/é+=&?"; dir = "x/y:@?&=+$,;é~"; } ]
