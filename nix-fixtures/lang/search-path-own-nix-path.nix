let __nixPath = [ { prefix = "p"; path = ./files; } ]; in <p/text>
