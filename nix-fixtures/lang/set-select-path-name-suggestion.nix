{ apple = 1; banana = 2; }.aple
