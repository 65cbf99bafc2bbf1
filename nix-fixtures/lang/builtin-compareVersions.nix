map (x: builtins.compareVersions x "2.3") [ "2.3" "2.3pre1" "2.3.1" "2.3a" "2.3." "2.10" "2" "" "3" "2-3" "2.3-1" "2.3pre" "1.9" ]
