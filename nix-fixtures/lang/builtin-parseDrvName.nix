map builtins.parseDrvName [ "hello-2.10" "hello" "a-b-1.2-3" "x-2x" "nix-0.12pre12876" "-1" "a--1" "a-" "1-2" "" ]
