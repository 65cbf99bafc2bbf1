builtins.fromTOML ''
  top = 1
  [a]
  b.c = 1
  [a.d]
  e = 2
  [[f]]
  g = 1
  [[f]]
  g = 2
  [f.h]
  i = 3
  ["q r".'s t']
  u = { v = 1, w.x = 2 }
''
