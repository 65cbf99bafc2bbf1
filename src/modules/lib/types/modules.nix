# Types of modules: submodules, and modules kept for later.
{ lib, making }:
let
  inherit (builtins) isAttrs removeAttrs toString;
  inherit (making) defaultFunctor mkOptionType;
  inherit (import ../at-hand.nix) definition;

  isModule = x: isAttrs x || lib.isFunction x || lib.types.path.check x;

  # A setting that two declarations of a submodule must agree on, if both have it.
  agree =
    what: a: b:
    if a == null || a == b then
      b
    else if b == null then
      a
    else
      throw "A submoduleWith option is declared multiple times with conflicting ${what} values ${show a} and ${show b}.";
  show = lib.generators.toPretty { };

  submoduleWith =
    {
      modules,
      specialArgs ? { },
      shorthandOnlyDefinesConfig ? false,
      description ? null,
      class ? null,
    }@args:
    let
      base = lib.evalModules {
        inherit class specialArgs;
        # Documentation and checks see a name too.
        modules = [ { _module.args.name = lib.mkOptionDefault "‹name›"; } ] ++ modules;
      };
      inherit (base._module) freeformType;
      forDocs = (base.extendModules { modules = [ lib.types.noCheckForDocsModule ]; })._module.freeformType;
      toModule =
        def:
        if isAttrs def.value && shorthandOnlyDefinesConfig then
          {
            _file = def.file;
            config = def.value;
          }
        else
          lib.setDefaultModuleLocation def.file (definition def.value);
    in
    mkOptionType {
      name = "submodule";
      description =
        if description != null then
          description
        else if forDocs ? description then
          "open submodule of ${making.optionDescriptionPhrase making.isNounOrComposite forDocs}"
        else
          "submodule";
      descriptionClass = if description == null then "noun" else null;
      check = isModule;
      emptyValue.value = base.config;
      merge =
        loc: defs:
        (base.extendModules {
          prefix = loc;
          modules = [ { _module.args.name = lib.last loc; } ] ++ map toModule defs;
        }).config;
      getSubOptions =
        prefix:
        let
          inherit (base.extendModules { inherit prefix; }) options;
        in
        options
        // lib.optionalAttrs (freeformType != null) { _freeformOptions = freeformType.getSubOptions prefix; };
      getSubModules = modules;
      substSubModules = modules: submoduleWith (args // { inherit modules; });
      nestedTypes = lib.optionalAttrs (freeformType != null) { inherit freeformType; };
      functor = defaultFunctor "submodule" // {
        type = submoduleWith;
        payload = {
          inherit
            class
            description
            modules
            shorthandOnlyDefinesConfig
            specialArgs
            ;
        };
        binOp =
          a: b:
          let
            shared = builtins.attrNames (builtins.intersectAttrs a.specialArgs b.specialArgs);
          in
          {
            class = agree "class" a.class b.class;
            modules = a.modules ++ b.modules;
            specialArgs =
              if shared == [ ] then
                a.specialArgs // b.specialArgs
              else
                throw "A submoduleWith option is declared multiple times with the same specialArgs \"${toString shared}\"";
            shorthandOnlyDefinesConfig = agree "shorthandOnlyDefinesConfig" a.shorthandOnlyDefinesConfig b.shorthandOnlyDefinesConfig;
            description = agree "description" a.description b.description;
          };
      };
    };

  deferredModuleWith =
    {
      staticModules ? [ ],
    }:
    let
      inherit (submoduleWith { modules = staticModules; }) getSubModules getSubOptions;
    in
    mkOptionType {
      name = "deferredModule";
      description = "module";
      descriptionClass = "noun";
      check = isModule;
      inherit getSubModules getSubOptions;
      merge = loc: defs: {
        imports =
          staticModules
          ++ map (
            def: lib.setDefaultModuleLocation "${def.file}, via option ${lib.showOption loc}" def.value
          ) defs;
      };
      substSubModules = modules: deferredModuleWith { staticModules = modules; };
      functor = defaultFunctor "deferredModuleWith" // {
        type = deferredModuleWith;
        payload = { inherit staticModules; };
        binOp = a: b: { staticModules = a.staticModules ++ b.staticModules; };
      };
    };
in
{
  # What evaluates modules for their documentation alone.
  noCheckForDocsModule = {
    _file = "<built-in module that disables checks for the purpose of documentation generation>";
    config._module.check = lib.mkForce false;
  };
  inherit deferredModuleWith submoduleWith;
  deferredModule = deferredModuleWith { };
  submodule =
    modules:
    submoduleWith {
      shorthandOnlyDefinesConfig = true;
      modules = lib.toList modules;
    };
}
