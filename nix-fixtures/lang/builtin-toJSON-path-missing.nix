builtins.toJSON /no/such
