map baseNameOf [ "a/b" "a/b/" "a" "/" "" "a//" "/a/b/c.d" /x/y ]
