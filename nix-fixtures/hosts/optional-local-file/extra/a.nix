{ containers.main.extraFlags = [ "--a" ]; }
