"# no /* comment */"
