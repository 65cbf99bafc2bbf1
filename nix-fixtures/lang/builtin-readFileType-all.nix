map builtins.readFileType [ ./files ./files/text ]
