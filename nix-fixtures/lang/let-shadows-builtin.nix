let true = 5; map = 6; in [ true map ]
