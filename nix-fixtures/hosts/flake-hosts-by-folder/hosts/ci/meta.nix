{ system = "aarch64-linux"; roles = [ "builder" ]; }
