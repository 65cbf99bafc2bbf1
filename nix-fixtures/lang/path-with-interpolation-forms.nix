let x = "q"; in [ ./${x} ./a${x}b/${x} /${x}/b ]
