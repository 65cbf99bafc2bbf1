# The library: one set of topics; the functions of most topics also stand in it directly, as in nixpkgs.
#
# It uses builtins alone and no search path, so that any evaluator can take these files in, and it names what each
# file gives, so that a file is read when something of it is first asked for.
(import ./fixed-points.nix { lib = null; }).makeExtensible (
  lib:
  let
    take = file: import file { inherit lib; };
  in
  {
    # ---- topics ----
    trivial = take ./trivial.nix;
    fixedPoints = take ./fixed-points.nix;
    attrsets = take ./attrsets.nix;
    lists = take ./lists.nix;
    strings = take ./strings.nix;
    stringsWithDeps = take ./strings-with-deps.nix;
    versions = take ./versions.nix;
    asserts = take ./asserts.nix;
    debug = take ./debug.nix;
    misc = take ./deprecated/misc.nix;

    options = take ./options.nix;
    properties = take ./properties.nix;
    moved = take ./moved.nix;
    modules = take ./modules.nix;
    types = take ./types/default.nix;

    filesystem = take ./filesystem.nix;
    fileset = take ./fileset.nix;
    path = take ./path.nix;
    sources = take ./sources.nix;
    generators = take ./generators.nix;
    gvariant = take ./gvariant.nix;
    cli = take ./cli.nix;
    network = take ./network.nix;

    customisation = take ./customisation.nix;
    derivations = take ./derivations.nix;
    fetchers = take ./fetchers.nix;
    meta = take ./meta.nix;
    licenses = take ./licenses.nix;
    sourceTypes = take ./source-types.nix;
    systems = take ./systems/default.nix;
    platforms = lib.systems.doubles;
    kernel = take ./kernel.nix;
    flakes = take ./flakes.nix;
    # Who maintains packages is nixpkgs' own affair.
    maintainers = { };
    teams = { };

    # ---- functions ----
    inherit (builtins)
      add
      addDrvOutputDependencies
      addErrorContext
      appendContext
      attrNames
      ceil
      compareVersions
      concatLists
      convertHash
      deepSeq
      div
      elem
      elemAt
      filter
      filterSource
      floor
      fromJSON
      fromTOML
      genericClosure
      genList
      getAttr
      getContext
      hasAttr
      hasContext
      hashFile
      hashString
      head
      isAttrs
      isBool
      isFloat
      isInt
      isList
      isPath
      isString
      length
      lessThan
      listToAttrs
      mul
      parseDrvName
      pathExists
      placeholder
      readDir
      readFile
      readFileType
      replaceStrings
      seq
      stringLength
      sub
      substring
      tail
      toFile
      toJSON
      toString
      toXML
      trace
      tryEval
      typeOf
      unsafeDiscardOutputDependency
      unsafeDiscardStringContext
      ;
    inherit (lib.trivial)
      and
      bitAnd
      bitNot
      bitOr
      bitXor
      boolToString
      boolToYesNo
      checkListOfEnum
      compare
      concat
      const
      defaultTo
      flip
      fromHexString
      functionArgs
      id
      importJSON
      importTOML
      info
      inNixShell
      inPureEvalMode
      isFunction
      isInOldestRelease
      mapNullable
      max
      mergeAttrs
      min
      mirrorFunctionArgs
      mod
      nixpkgsVersion
      oldestSupportedReleaseIsAtLeast
      "or"
      pipe
      setFunctionArgs
      showWarnings
      splitByAndCompare
      throwIf
      throwIfNot
      toBaseDigits
      toFunction
      toHexString
      version
      versionSuffix
      warn
      warnIf
      warnIfNot
      xor
      ;
    inherit (lib.fixedPoints)
      composeExtensions
      composeManyExtensions
      converge
      extends
      fix
      fix'
      makeExtensible
      makeExtensibleWithCustomName
      toExtension
      ;
    inherit (lib.attrsets)
      attrByPath
      attrsToList
      attrVals
      attrValues
      cartesianProduct
      catAttrs
      chooseDevOutputs
      collect
      concatMapAttrs
      dontRecurseIntoAttrs
      filterAttrs
      filterAttrsRecursive
      foldAttrs
      foldlAttrs
      genAttrs
      genAttrs'
      getAttrFromPath
      getAttrs
      getBin
      getDev
      getFirstOutput
      getInclude
      getLib
      getMan
      getOutput
      getStatic
      hasAttrByPath
      intersectAttrs
      isDerivation
      longestValidPathPrefix
      mapAttrs
      mapAttrs'
      mapAttrsRecursive
      mapAttrsRecursiveCond
      mapAttrsToList
      mapAttrsToListRecursive
      mapAttrsToListRecursiveCond
      mapCartesianProduct
      matchAttrs
      mergeAttrsList
      nameValuePair
      optionalAttrs
      overrideExisting
      recurseIntoAttrs
      recursiveUpdate
      recursiveUpdateUntil
      removeAttrs
      setAttrByPath
      showAttrPath
      toDerivation
      unionOfDisjoint
      updateManyAttrsByPath
      zip
      zipAttrs
      zipAttrsWith
      zipAttrsWithNames
      zipWithNames
      ;
    inherit (lib.lists)
      all
      allUnique
      any
      compareLists
      concatAttrValues
      concatMap
      count
      crossLists
      drop
      dropEnd
      findFirst
      findFirstIndex
      findSingle
      flatten
      fold
      foldl
      foldl'
      foldr
      forEach
      groupBy
      groupBy'
      ifilter0
      imap0
      imap1
      init
      intersectLists
      last
      listDfs
      map
      mutuallyExclusive
      naturalSort
      optional
      optionals
      partition
      range
      remove
      replaceElemAt
      replicate
      reverseList
      singleton
      sort
      sortOn
      sublist
      subtractLists
      take
      takeEnd
      toList
      toposort
      unique
      uniqueStrings
      zipLists
      zipListsWith
      ;
    inherit (lib.strings)
      addContextFrom
      charToInt
      cmakeBool
      cmakeFeature
      cmakeOptionType
      concatImapStrings
      concatImapStringsSep
      concatLines
      concatMapAttrsStringSep
      concatMapStrings
      concatMapStringsSep
      concatStrings
      concatStringsSep
      enableFeature
      enableFeatureAs
      escape
      escapeC
      escapeNixIdentifier
      escapeNixString
      escapeRegex
      escapeShellArg
      escapeShellArgs
      escapeURL
      escapeXML
      fileContents
      fixedWidthNumber
      fixedWidthString
      floatToString
      getName
      getVersion
      hasInfix
      hasPrefix
      hasSuffix
      intersperse
      isConvertibleWithToString
      isStorePath
      isStringLike
      isValidPosixName
      join
      levenshtein
      levenshteinAtMost
      lowerChars
      makeBinPath
      makeIncludePath
      makeLibraryPath
      makeSearchPath
      makeSearchPathOutput
      match
      mesonBool
      mesonEnable
      mesonOption
      nameFromURL
      normalizePath
      optionalString
      readPathsFromFile
      removePrefix
      removeSuffix
      replaceChars
      replaceString
      sanitizeDerivationName
      split
      splitString
      splitStringBy
      stringAsChars
      stringToCharacters
      toCamelCase
      toInt
      toIntBase10
      toLower
      toSentenceCase
      toShellVar
      toShellVars
      toUpper
      trim
      trimWith
      upperChars
      versionAtLeast
      versionOlder
      withFeature
      withFeatureAs
      ;
    inherit (lib.stringsWithDeps)
      fullDepEntry
      noDepEntry
      packEntry
      stringAfter
      textClosureList
      textClosureMap
      ;
    inherit (lib.versions) splitVersion;
    inherit (lib.asserts)
      assertEachOneOf
      assertMsg
      assertOneOf
      checkAssertWarn
      ;
    inherit (lib.debug)
      runTests
      testAllTrue
      throwTestFailures
      traceFnSeqN
      traceIf
      traceSeq
      traceSeqN
      traceVal
      traceValFn
      traceValSeq
      traceValSeqFn
      traceValSeqN
      traceValSeqNFn
      unsafeGetAttrPos
      ;
    inherit (lib.options)
      getFiles
      getValues
      isOption
      literalExample
      literalExpression
      literalMD
      mdDoc
      mergeDefaultOption
      mergeEqualOption
      mergeOneOption
      mergeUniqueOption
      mkEnableOption
      mkOption
      mkPackageOption
      mkPackageOptionMD
      mkSinkUndeclaredOptions
      optionAttrSetToDocList
      optionAttrSetToDocList'
      renderOptionValue
      scrubOptionValue
      showDefs
      showFiles
      showOption
      showOptionWithDefLocs
      unknownModule
      ;
    inherit (lib.modules)
      applyModuleArgsIfFunction
      dischargeProperties
      doRename
      evalModules
      evalOptionValue
      filterOverrides
      fixMergeModules
      fixupOptionType
      importApply
      mergeDefinitions
      mergeModules
      mergeModules'
      mergeOptionDecls
      mkAfter
      mkAliasAndWrapDefinitions
      mkAliasAndWrapDefsWithPriority
      mkAliasDefinitions
      mkAliasIfDef
      mkAliasOptionModule
      mkAliasOptionModuleMD
      mkAssert
      mkBefore
      mkChangedOptionModule
      mkDefault
      mkDefinition
      mkDerivedConfig
      mkFixStrictness
      mkForce
      mkIf
      mkImageMediaOverride
      mkMerge
      mkMergedOptionModule
      mkOptionDefault
      mkOrder
      mkOverride
      mkRemovedOptionModule
      mkRenamedOptionModule
      mkRenamedOptionModuleWith
      mkVMOverride
      pushDownProperties
      setDefaultModuleLocation
      sortProperties
      unifyModuleSyntax
      ;
    inherit (lib.types)
      defaultFunctor
      defaultTypeMerge
      isOptionType
      isType
      mkOptionType
      setType
      ;
    inherit (lib.filesystem)
      baseNameOf
      dirOf
      listFilesRecursive
      locateDominatingFile
      packagesFromDirectoryRecursive
      pathIsDirectory
      pathIsRegularFile
      pathType
      resolveDefaultNix
      ;
    inherit (lib.sources)
      canCleanSource
      cleanSource
      cleanSourceFilter
      cleanSourceWith
      commitIdFromGitRepo
      pathHasContext
      pathIsGitRepo
      repoRevToName
      revOrTag
      sourceByRegex
      sourceFilesBySuffices
      ;
    inherit (lib.network.ipv6) mkEUI64Suffix;
    inherit (lib.flakes) flakeRefToString parseFlakeRef;
    inherit (lib.generators) mkLuaInline;
    inherit (lib.cli) toGNUCommandLine toGNUCommandLineShell;
    inherit (lib.customisation)
      callPackagesWith
      callPackageWith
      extendDerivation
      extendMkDerivation
      hydraJob
      makeOverridable
      makeScope
      makeScopeWithSplicing
      makeScopeWithSplicing'
      mapCrossIndex
      overrideDerivation
      renameCrossIndexFrom
      renameCrossIndexTo
      ;
    inherit (lib.derivations) lazyDerivation optionalDrvAttr warnOnInstantiate;
    inherit (lib.meta)
      addMetaAttrs
      appendToName
      availableOn
      cpeFullVersionWithVendor
      cpePatchVersionInUpdateWithVendor
      dontDistribute
      getExe
      getExe'
      getLicenseFromSpdxId
      getLicenseFromSpdxIdOr
      hiPrio
      hiPrioSet
      licensesSpdx
      lowPrio
      lowPrioSet
      mapDerivationAttrset
      platformMatch
      setName
      setPrio
      tryCPEPatchVersionInUpdateWithVendor
      updateName
      ;
    inherit (lib.misc)
      checkFlag
      checkReqs
      closePropagation
      condConcat
      defaultMerge
      defaultMergeArg
      fakeHash
      fakeSha256
      fakeSha512
      foldArgs
      getValue
      ifEnable
      imap
      innerClosePropagation
      innerModifySumArgs
      lazyGenericClosure
      mapAttrsFlatten
      maybeAttr
      maybeAttrNullable
      maybeEnv
      mergeAttrBy
      mergeAttrByFunc
      mergeAttrsByFuncDefaults
      mergeAttrsByFuncDefaultsClean
      mergeAttrsConcatenateValues
      mergeAttrsNoOverride
      mergeAttrsWithFunc
      modifySumArgs
      nixType
      nvs
      setAttr
      setAttrMerge
      uniqList
      uniqListExt
      ;
  }
)
