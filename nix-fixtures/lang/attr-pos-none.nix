[ (builtins.unsafeGetAttrPos "a" { }) (builtins.unsafeGetAttrPos "a" (builtins.listToAttrs [ { name = "a"; value = 1; } ])) ]
