{ name, ... }: { localAddress = "10.5.0.2"; config = { networking.hostName = name; }; }
