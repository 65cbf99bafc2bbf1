(derivation { name = "n"; system = "two\nlines \"quoted\""; builder = "a\nb"; }).outPath
