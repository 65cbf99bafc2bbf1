let a = { b = "c"; }; in "x${"y${a.b}${"z"}"}w"
