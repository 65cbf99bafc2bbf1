rec { inherit (a) b; a = { b = 2; }; c = b; }
