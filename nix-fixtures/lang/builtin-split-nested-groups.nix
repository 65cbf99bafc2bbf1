builtins.split "((x)(y)?)" "axbxyc"
