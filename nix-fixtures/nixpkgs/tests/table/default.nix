# A table of calls of lib's functions and their results.
#
# Every row says where its result is known from: `manual` (an example or a sentence of nixpkgs' manual), or `known`
# (behaviour that nixpkgs is known for). `throws` is a call that must fail so that `tryEval` notices.
#
# `lines` shows the rows with the results that this evaluator got; `wrong` are the rows whose result is not what they say;
# `missing` are the names of `lib` without a row.
{
  lib ? import ../../lib,
}:
let
  inherit (builtins)
    attrNames
    concatStringsSep

    isBool
    isFloat
    isFunction
    isInt
    isList
    isPath
    isString

    toJSON
    toString
    ;

  row = source: expr: expected: {
    inherit source expected;
    inherit expr;
  };
  rows = import ./rows.nix {
    inherit lib;
    manual = row "manual";
    known = row "known";
    throws = expr: {
      source = "known";
      inherit expr;
      throws = true;
    };
  };

  # Independent of what it shows.
  show =
    v:
    if v == null then
      "null"
    else if isBool v then
      if v then "true" else "false"
    else if isInt v || isFloat v || isString v then
      toJSON v
    else if isPath v then
      toString v
    else if isList v then
      "[ ${concatStringsSep " " (map show v)} ]"
    else if isFunction v then
      "<function>"
    else if v.type or null == "derivation" then
      "<derivation>"
    else
      "{ ${concatStringsSep " " (map (name: "${toJSON name} = ${show v.${name}};") (attrNames v))} }";

  shown =
    row:
    let
      attempt = builtins.tryEval (builtins.deepSeq row.expr (show row.expr));
    in
    if attempt.success then attempt.value else "throws";
  expected = row: if row.throws or false then "throws" else show row.expected;

  all = builtins.concatLists (
    map (
      name:
      builtins.genList (i: rec {
        id = "${name} ${toString (i + 1)}";
        inherit (builtins.elemAt rows.rows.${name} i) source;
        is = shown (builtins.elemAt rows.rows.${name} i);
        should = expected (builtins.elemAt rows.rows.${name} i);
      }) (builtins.length rows.rows.${name})
    ) (attrNames rows.rows)
  );

  # `topic.name` for what is in a topic, `name` for what is not.
  public = builtins.concatLists (
    map (
      topic:
      if builtins.elem topic rows.topics then map (name: "${topic}.${name}") (attrNames lib.${topic}) else [ topic ]
    ) (attrNames lib)
  );
  inTopics = builtins.concatLists (map (topic: attrNames lib.${topic}) rows.topics);
in
{
  count = builtins.length all;
  lines = map (row: "${row.id} (${row.source}): ${row.is}") all;
  wrong = map (row: "${row.id}: ${row.is}, not ${row.should}") (builtins.filter (row: row.is != row.should) all);
  missing = builtins.filter (
    name: !(rows.rows ? ${name} || rows.without ? ${name} || builtins.elem name inTopics)
  ) public;
}
