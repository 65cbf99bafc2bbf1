map builtins.isPath [ ./files "/a" ]
