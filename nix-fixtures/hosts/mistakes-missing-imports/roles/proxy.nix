{ containers.proxy.config = { imports = [ ./tls.nix ]; }; }
