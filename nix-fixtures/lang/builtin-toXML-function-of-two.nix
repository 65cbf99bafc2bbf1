builtins.toXML (first: second: first)
