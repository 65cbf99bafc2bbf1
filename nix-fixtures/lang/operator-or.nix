[ (false || true) (true || throw "never") (false || false) ]
