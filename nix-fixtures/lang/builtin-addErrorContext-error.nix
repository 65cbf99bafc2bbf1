builtins.addErrorContext "while doing it" (throw "the error")
