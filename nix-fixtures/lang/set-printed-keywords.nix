{ "assert" = 1; "else" = 1; "in" = 1; "inherit" = 1; "let" = 1; "or" = 1; "rec" = 1; "then" = 1; "with" = 1; "true" = 1; }
