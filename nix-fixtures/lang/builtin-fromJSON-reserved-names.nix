builtins.fromJSON ''{"__functor":1,"type":"derivation","outPath":"/x"}''
