{ lib, ... }: { localAddress = "10.5.0.3"; autoStart = false; config = { }; forwardPorts = lib.mkAfter [ { hostPort = 53; protocol = "udp"; } ]; }
