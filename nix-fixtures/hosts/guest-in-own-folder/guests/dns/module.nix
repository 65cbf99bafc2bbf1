{ services.unbound.enable = true; }
