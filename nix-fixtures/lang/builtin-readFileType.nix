map builtins.readFileType [ ./files/text ./files ]
