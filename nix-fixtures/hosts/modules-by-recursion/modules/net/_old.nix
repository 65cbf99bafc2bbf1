{ networking.nat.enable = false; broken = true }
