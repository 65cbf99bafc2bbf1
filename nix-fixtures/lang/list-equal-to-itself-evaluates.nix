let list = [ 1 (throw "item") ]; in list == list
