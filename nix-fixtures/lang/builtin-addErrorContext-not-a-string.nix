builtins.addErrorContext 1 (throw "value")
