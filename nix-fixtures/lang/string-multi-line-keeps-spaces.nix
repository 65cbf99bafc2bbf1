"a
    b
  c"
