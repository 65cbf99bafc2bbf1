[ (true && true) (true && false) (false && throw "never") ]
