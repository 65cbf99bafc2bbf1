# Where the configuration sets the options of containers: `{ "containers.web.autoStart" = { file, line, column }; … }`.
#
# NixOS knows the file of a definition. The line is that of the attribute, which Nix remembers for every set that is written in a
# file. A definition that is a function, or that is computed, has the position of the last attribute around it.
{ lib, options }:
let
  # Nobody reads positions of what is inside of these: a guest is a NixOS of its own.
  isLeaf = name: lib.elem name [
    "config"
    "nixpkgs"
    "pkgs"
    "specialArgs"
  ];

  # Sources of a flake are in the store, and known by their names in the flake.
  relative =
    file:
    let
      inStore = builtins.match "/nix/store/[^/]+/(.*)" file;
    in
    if inStore == null then file else lib.head inStore;
  position =
    name: set:
    let
      at = builtins.unsafeGetAttrPos name set;
    in
    if at == null then
      null
    else
      {
        file = relative (toString at.file);
        inherit (at) line column;
      };

  # The definitions that a value stands for, each with its priority.
  unpack =
    priority: value:
    if !lib.isAttrs value then
      [ { inherit priority value; } ]
    else if value._type or null == "merge" then
      lib.concatMap (unpack priority) value.contents
    else if value._type or null == "if" then
      lib.optionals (value.condition == true) (unpack priority value.content)
    else if value._type or null == "override" then
      unpack value.priority value.content
    else if value._type or null == "order" then
      unpack priority value.content
    else
      [ { inherit priority value; } ];

  # Whether the attributes of a value are options, or named by the user. A package is a value of its own.
  isSet = value: lib.isAttrs value && !(value ? _type) && !(value ? outPath);

  # `definitions` are those of one option or set, with the position of each.
  walk =
    path: definitions:
    let
      strongest = lib.foldl' (least: it: if it.priority < least then it.priority else least) 10000 definitions;
      setting = lib.filter (it: it.priority == strongest && it.at != null) definitions;
      sets = lib.filter (it: isSet it.value) definitions;
      names = lib.unique (lib.concatMap (it: lib.attrNames it.value) sets);
      inside =
        name:
        lib.concatMap (
          it:
          lib.optionals (it.value ? ${name}) (
            map (one: one // { at = position name it.value; }) (unpack it.priority it.value.${name})
          )
        ) sets;
    in
    lib.optional (path != [ ] && setting != [ ]) {
      name = lib.showOption path;
      value = (lib.head setting).at;
    }
    ++ lib.concatMap (name: if isLeaf name then [ ] else walk (path ++ [ name ]) (inside name)) names;

  # Nix does not remember where the attribute of the option itself was written.
  option =
    path: option:
    let
      values = map (it: it.value) option.definitionsWithLocations;
    in
    walk path (
      lib.concatMap (
        value: map (one: one // { at = null; }) (unpack lib.modules.defaultOverridePriority value)
      ) values
    );
in
lib.listToAttrs (
  option [ "containers" ] options.containers
  ++ option [ "services" "container-rebuild" "containers" ] options.services.container-rebuild.containers
)
