{ roles = [ "router" ]; wan = "ppp0"; }
