builtins.fromTOML ''
  int = 1_000
  hex = 0xDEAD_beef
  oct = 0o755
  bin = 0b1010
  neg = -17
  plus = +99
  flt = 3.1415
  exp = 5e+22
  both = 6.626e-34
  under = 9_224_617.445_991
  yes = true
  no = false
  basic = "a\tb\u00e9\U0001F600"
  literal = 'C:\x\y'
  multi = """
one
two\
   three"""
  multilit = ''' + "'''" + ''
raw
\n''' + "'''" + ''

  list = [ 1, 2, [ "a" ], { x = 1 }, ]
''
