({ bar ? foo, foo ? builtins.tail [ 1 2 ] }: { inherit foo bar; }) { }
