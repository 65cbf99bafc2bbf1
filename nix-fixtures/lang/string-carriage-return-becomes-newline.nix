"a
bc"
