{ zb = throw "b"; za = 1; } == { za = 2; zb = throw "c"; }
