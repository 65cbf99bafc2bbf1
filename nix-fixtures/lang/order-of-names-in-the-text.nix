{ zz = throw "zz"; aa = throw "aa"; }
