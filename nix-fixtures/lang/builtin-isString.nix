map builtins.isString [ "a" 1 ./files http://a.b ]
