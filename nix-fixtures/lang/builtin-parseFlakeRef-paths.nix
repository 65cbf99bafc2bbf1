# features: flakes
map builtins.parseFlakeRef [ "path:/a/b" "path:./a" "path:a/b?dir=x" "/a/b" "/a/b?dir=c" "path:/a%20b" "/a/../b" "/a/b/" "path:/a/b/" "path:/a?rev=a3a3dda3bacf61e8a39258a0ed9c924eeca8e293&lastModified=5&revCount=3&narHash=x" ]
