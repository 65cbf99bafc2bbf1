[ (true -> true) (true -> false) (false -> throw "never") (false -> false -> false) ]
