{ apple = 1; }.aple
