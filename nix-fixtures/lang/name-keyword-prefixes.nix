let ifx = 1; inx = 2; letx = 3; recx = 4; orx = 5; thenx = 6; in [ ifx inx letx recx orx thenx ]
