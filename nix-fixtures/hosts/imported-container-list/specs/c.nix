{ name = "c"; mounts."/ro" = { hostPath = "/ro"; isReadOnly = true; }; extra = { autoStart = false; hostAddress = "10.99.0.1"; }; open = [ 443 8443 ]; }
