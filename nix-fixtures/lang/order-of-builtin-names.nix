{ aa = throw "aa"; length = throw "length"; }
