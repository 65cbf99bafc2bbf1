{ containers.box.ephemeral = true; }
