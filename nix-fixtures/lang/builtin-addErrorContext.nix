builtins.addErrorContext (throw "never") 5
