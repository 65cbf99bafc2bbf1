{ name = "b"; enable = false; open = [ 81 ]; }
