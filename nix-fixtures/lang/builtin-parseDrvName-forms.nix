map builtins.parseDrvName [ "nix-0.12pre12876" "a" "a-b-1" "a-b" "-1" "a-1-2" "a-" "a--1" "" "a_1" "a-1b" "a-é" "1-a" ]
