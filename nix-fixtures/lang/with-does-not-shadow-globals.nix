[ (with { true = 5; }; true) (with { map = 5; }; builtins.isFunction map) ]
