[ a/b a.b/c -/x ]
