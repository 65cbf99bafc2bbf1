{ lib, ... }: { fleet.tags = lib.mkBefore [ "b1" ]; fleet.mode = lib.mkIf false "a"; fleet.nodes = { n2 = { ip = "10.0.0.2"; }; }; }
