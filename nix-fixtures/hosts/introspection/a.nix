{ lib, ... }: { fleet.tags = [ "a1" "a2" ]; fleet.mode = lib.mkDefault "b"; fleet.nodes.n1.ip = "10.0.0.1"; }
