{ a.z = 2; a = rec { x = 1; y = 2; }; }
