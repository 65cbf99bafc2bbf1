{ containers.n = { ephemeral = true; config = { }; }; }
