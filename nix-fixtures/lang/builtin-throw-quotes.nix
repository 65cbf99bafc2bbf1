throw "a \"b\" 'c'"
