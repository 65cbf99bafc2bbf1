"${ { outPath = "o"; __toString = _: "t"; } }"
