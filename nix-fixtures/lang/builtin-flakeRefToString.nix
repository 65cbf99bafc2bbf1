builtins.flakeRefToString { type = "github"; owner = "o"; repo = "r"; ref = "main"; dir = "sub"; }
