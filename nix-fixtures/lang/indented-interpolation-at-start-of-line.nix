let x = "X"; in ''
    ${x}
      ${x} y
    z
''
