assert 1.0 == 1.5; 1
