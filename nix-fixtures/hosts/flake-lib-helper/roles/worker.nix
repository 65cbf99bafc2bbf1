{ networking.nat.enable = false; }
