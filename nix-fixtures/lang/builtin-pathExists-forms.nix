map builtins.pathExists [ ./files ./files/text ./files/none (toString ./files) ./files/text/x /. ]
