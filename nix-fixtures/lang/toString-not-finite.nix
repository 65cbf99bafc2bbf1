let f = text: toString (builtins.fromTOML "a = ${text}").a; in map f [ "nan" "-nan" "inf" "-inf" "1e300" ]
