{ lib, ... }: { containers.api.extraFlags = [ "--dev" ]; containers.mailhog = { ephemeral = true; config = { }; forwardPorts = [ { hostPort = 8025; } ]; }; }
