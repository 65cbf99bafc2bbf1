(throw "left") // 1
