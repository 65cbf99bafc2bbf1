map toString [ 1 (-2) 1.5 true false null "s" /a/b [ 1 [ 2 [ ] 3 ] ] [ ] { outPath = "o"; } { __toString = self: "t"; } [ [ ] "" "a" ] [ true null ] ]
