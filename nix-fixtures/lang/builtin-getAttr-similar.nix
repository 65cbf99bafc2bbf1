builtins.getAttr "aple" { apple = 1; }
