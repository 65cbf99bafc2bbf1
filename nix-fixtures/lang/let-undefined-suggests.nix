let something = 1; in somthing
