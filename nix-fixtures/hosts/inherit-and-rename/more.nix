make: { third = make "third" // { autoStart = false; }; fourth = throw "not asked for"; }
