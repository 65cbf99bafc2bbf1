builtins.fromJSON ''"\u0041\u00e9\u20ac\ud83d\ude00\n\t\/\b\f\r"''
