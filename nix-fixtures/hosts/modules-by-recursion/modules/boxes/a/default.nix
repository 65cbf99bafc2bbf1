{ config, lib, ... }: { containers.a = { autoStart = true; extraFlags = config.site.list; config = { }; }; site.list = lib.mkBefore [ "first" ]; }
