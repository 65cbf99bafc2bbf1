builtins.match "(.)(.)(.)(.)(.)(.)(.)(.)(.)(.)(.)" "abcdefghijk"
