''a
  b
  c
''
