(throw "e") ? a
