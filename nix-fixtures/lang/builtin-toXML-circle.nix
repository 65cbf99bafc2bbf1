builtins.toXML (let x = { a = 1; b = x; }; in x)
