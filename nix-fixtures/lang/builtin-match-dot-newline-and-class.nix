map (x: builtins.match x "a\nb") [ "a.b" "a[^x]b" "a[[:space:]]b" "^a" "a$" ]
