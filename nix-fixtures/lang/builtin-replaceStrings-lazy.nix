builtins.replaceStrings [ "q" ] [ (throw "never") ] "ab"
