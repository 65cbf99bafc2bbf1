{ lib, port, site }: map (n: "--setenv=MADE=${toString n}:${toString port}:${site.domain}") (lib.range 1 2)
