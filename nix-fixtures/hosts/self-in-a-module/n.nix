{ containers.n.config = { }; }
