"tab\tnewline\nreturn\rquote\"backslash\\dollar\${x} \$ plain$ bell"
