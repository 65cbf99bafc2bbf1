[ (__add 1 2) (__head [ 1 ]) (__attrNames { a = 1; }) __langVersion (__isInt 1) ]
