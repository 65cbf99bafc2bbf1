map dirOf [ "a/b" "a/b/" "a" "/" "/a" "" /x/y /x ]
