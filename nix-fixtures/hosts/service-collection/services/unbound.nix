{ collection.services.unbound = { container.extraFlags = [ "--network-namespace-hint" ]; }; }
