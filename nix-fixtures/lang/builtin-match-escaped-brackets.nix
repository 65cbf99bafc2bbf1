map (x: builtins.match x "]") [ "]" "[]]" ]
