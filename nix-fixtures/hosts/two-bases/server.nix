{ imports = [ ./common ]; networking.hostName = "server"; containers.never.config = { }; }
