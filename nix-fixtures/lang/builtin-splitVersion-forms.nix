map builtins.splitVersion [ "" "1" "1.2" "1.2a" "a1" "1..2" ".1." "1-2" "-" "1_2" "1.2-pre3" "10a02" "é1" ]
