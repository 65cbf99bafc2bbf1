(throw "e").a or 1
