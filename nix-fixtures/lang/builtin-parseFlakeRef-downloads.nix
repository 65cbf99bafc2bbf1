# features: flakes
map builtins.parseFlakeRef [ "https://example.org/a.tar.gz" "tarball+https://example.org/a" "file+https://example.org/a" "https://example.org/a.zip?narHash=x" "http://example.org/a" "https://example.org/a.tar.gz?foo=bar" "https://example.org/a.tar.gz?rev=a3a3dda3bacf61e8a39258a0ed9c924eeca8e293&revCount=1&lastModified=2" "file:///a/b" "https://example.org/a.tar.gz#" ]
