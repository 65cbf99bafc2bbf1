rec { name = [ 1 2 3 ]; key = name; ${"k" + "l"} = name; }
