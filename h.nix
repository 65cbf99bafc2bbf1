{ containers.a = { config = { }; localAddress = "x" ; hostAddress = [ ]; }; services = throw "s"; networking.interfaces = throw "i"; system.stateVersion = throw "v"; }
