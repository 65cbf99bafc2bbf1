[ ({ a = 1; }.a or 2) ({ }.a or 2) ({ }.a.b.c or 3) ({ a.b = 1; }.a.b or 4) ]
