{ extra = throw "extra"; key = throw "key"; }
