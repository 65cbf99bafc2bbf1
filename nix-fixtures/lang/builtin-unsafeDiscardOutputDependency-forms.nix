let d = derivation { name = "n"; system = "s"; builder = "b"; }; in builtins.attrValues (builtins.getContext (builtins.unsafeDiscardOutputDependency d.drvPath))
