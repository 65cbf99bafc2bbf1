{ kiwi = { address = "10.240.0.1"; roles = [ "web" "mail" ]; }; plum = { address = "10.240.0.2"; roles = [ ]; }; fig = { address = "10.240.0.3"; roles = [ "web" ]; }; }
