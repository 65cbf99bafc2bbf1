{ address = "10.4.4.5"; mounts = [ "/ro/a" "/rw/b" ]; gateway = "outer"; }
