builtins.fromJSON " \n\t\r[ 1 , { \"a\" : null } ] \n"
