(throw "a") // { b = 1; } // (throw "c")
