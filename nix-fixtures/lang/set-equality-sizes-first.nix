{ a = throw "a"; } == { }
