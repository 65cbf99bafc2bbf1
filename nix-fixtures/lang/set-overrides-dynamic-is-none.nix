rec { a = 1; b = a; ${"__over" + "rides"} = { a = 3; }; }
