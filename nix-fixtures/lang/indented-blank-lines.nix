''
  a

    b
   
  c
''
