let x = <zeta>; y = "${alpha}"; alpha = 1; in { zeta = throw "z"; alpha = throw "a"; }
