{ name = "a"; mounts."/m".hostPath = "/srv/m"; open = [ 80 ]; }
