{ a = { inherit ({ x = 1; }) x; }; a.y = 2; a = { inherit ({ z = 1; }) z; }; }
