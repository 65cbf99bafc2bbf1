builtins.toXML "a<b>&\"'\n\t\r\\é"
