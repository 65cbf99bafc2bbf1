{ containers.left.enableTun = true; }
