builtins.hasContext (builtins.head (builtins.match "(.*)" "${./files/text}"))
