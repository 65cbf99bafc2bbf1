map isNull [ null 0 "" ]
