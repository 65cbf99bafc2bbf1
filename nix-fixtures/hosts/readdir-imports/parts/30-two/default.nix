{ lib, ... }: { imports = [ ./flags.nix ]; containers.two = { tmpfs = [ "/a" ]; config = { }; }; }
