assert 1.50 == 2; 1
