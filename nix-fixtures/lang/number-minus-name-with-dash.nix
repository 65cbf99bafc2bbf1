let a = 5; a-1 = 7; in a-1
