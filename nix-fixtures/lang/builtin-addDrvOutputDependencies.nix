let d = derivation { name = "x"; system = "s"; builder = "b"; }; in builtins.getContext (builtins.addDrvOutputDependencies (builtins.unsafeDiscardOutputDependency d.drvPath))
