let x = throw "cell"; in [ x ] == [ x ]
