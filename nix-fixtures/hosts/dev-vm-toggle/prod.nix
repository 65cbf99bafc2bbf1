{ containers.api.extraFlags = [ "--prod" ]; }
