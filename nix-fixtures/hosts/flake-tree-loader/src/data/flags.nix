{ lib, inputs, ... }: lib.optional (inputs ? loader) "--setenv=LOADED=1" ++ map (n: "--setenv=N=${toString n}") (lib.range 1 2)
