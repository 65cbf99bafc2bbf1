let s = builtins.unsafeDiscardStringContext "${./files/text}"; in [ (builtins.hasContext s) s ]
