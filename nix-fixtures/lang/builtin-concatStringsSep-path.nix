builtins.concatStringsSep ":" [ ./files/text "x" ]
