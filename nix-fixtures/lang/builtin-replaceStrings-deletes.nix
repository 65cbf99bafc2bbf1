builtins.replaceStrings [ "a" "b" ] [ "" "" ] "xaybz"
