{ networking.nat.internalInterfaces = [ "once" ]; containers.once = { tmpfs = [ "/once" ]; config = { }; }; }
