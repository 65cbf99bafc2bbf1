{ networking.nat.enable = true; networking.nat.externalInterface = "wan0"; }
