assert ./a == x:y; 1
