''
    a

      b
  
    c
''
