let s = "l1\n  l2\n"; in ''
  begin
    ${s}end
''
