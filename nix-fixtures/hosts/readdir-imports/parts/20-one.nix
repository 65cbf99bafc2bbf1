{ containers.one = { autoStart = true; extraFlags = [ "20" ]; config = { }; }; }
