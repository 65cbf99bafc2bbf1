[ (builtins.getContext "plain") (builtins.attrValues (builtins.getContext "${./files/text}")) ]
