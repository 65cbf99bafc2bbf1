{ fromFile = 7; }
