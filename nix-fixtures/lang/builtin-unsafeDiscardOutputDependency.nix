builtins.attrValues (builtins.getContext (builtins.unsafeDiscardOutputDependency (derivation { name = "n"; system = "s"; builder = "b"; }).drvPath))
