{ containers.main.extraFlags = [ "--local" ]; }
