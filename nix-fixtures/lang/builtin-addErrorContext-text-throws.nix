builtins.addErrorContext (throw "text") (throw "value")
