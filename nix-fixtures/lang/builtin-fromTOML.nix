builtins.fromTOML ''
  title = "x"
  n = 1_000
  f = 1.5
  t = true
  list = [ 1, [ "a" ], { k = 1 } ]
  hex = 0xff
  oct = 0o17
  bin = 0b101
  s = 'raw \n'
  m = """
  a
  b"""
  [table.sub]
  "quoted key" = 1
  a.b.c = 2
  [[array]]
  x = 1
  [[array]]
  x = 2
''
