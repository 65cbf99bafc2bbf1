{ containers.b = { ephemeral = true; config = { }; }; site.list = [ "b" ]; system.stateVersion = "23.11"; }
