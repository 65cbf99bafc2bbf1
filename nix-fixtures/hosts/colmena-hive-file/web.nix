{ containers.c = { config = { }; autoStart = true; }; }
