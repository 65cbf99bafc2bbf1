{ containers.one.extraFlags = [ "30" ]; containers.two.tmpfs = [ "/b" ]; }
