let x = "b"; in [ /a/${x}/c /a/${x}c ./files/${x} /${x} ]
