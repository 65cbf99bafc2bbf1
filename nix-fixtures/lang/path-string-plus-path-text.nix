"x" + /no/such/path
