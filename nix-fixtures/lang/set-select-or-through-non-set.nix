[ ({ a = null; }.a.b or "d") ({ a = 1; }.a.b.c or "d") ]
