builtins.mapAttrs (name: value: if builtins.isFunction value then builtins.functionArgs value else null) (removeAttrs builtins [ "builtins" "currentSystem" "currentTime" "nixPath" ])
