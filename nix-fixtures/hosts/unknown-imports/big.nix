{ containers.core.timeoutStartSec = "10min"; networking.nat.internalIPs = [ "10.0.0.0/8" ]; }
