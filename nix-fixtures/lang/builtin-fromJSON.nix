builtins.fromJSON ''{ "a": [1, -2.5, true, false, null, "x\n\u00e9\ud83d\ude00"], "b": { "c": {} }, "": [] }''
