assert [ 1 ] == [ ] || (rec { a = 1; }).a or 2 == 3; 1
