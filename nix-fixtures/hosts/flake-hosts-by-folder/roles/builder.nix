{ containers.build = { config = { }; }; }
