{ networking.bridges.br0.interfaces = [ "lan0" "lan1" ]; networking.firewall.allowPing = true; networking.firewall.checkReversePath = "loose"; }
