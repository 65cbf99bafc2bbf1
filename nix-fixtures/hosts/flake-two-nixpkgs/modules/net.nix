{ config, lib, ... }: { networking.nat = lib.mkIf (lib.attrNames config.containers != [ ]) { enable = true; internalInterfaces = [ "ve-+" ]; }; }
