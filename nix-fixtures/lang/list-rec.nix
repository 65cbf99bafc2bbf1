[ rec { a = 1; } { b = 2; } let { body = 3; } ]
