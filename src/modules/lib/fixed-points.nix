# Sets that refer to themselves, and ways to extend them.
{ lib }:
let
  fix =
    f:
    let
      x = f x;
    in
    x;
  fix' =
    f:
    let
      x = f x // { __unfix__ = f; };
    in
    x;
  # An overlay takes the final set and the one before it, and gives what it changes.
  extends =
    overlay: f: final:
    let
      prev = f final;
    in
    prev // overlay final prev;
  composeExtensions =
    first: second: final: prev:
    let
      changed = first final prev;
    in
    changed // second final (prev // changed);
  makeExtensibleWithCustomName =
    extender: rattrs:
    fix' (
      self:
      rattrs self
      // {
        ${extender} = overlay: makeExtensibleWithCustomName extender (extends overlay rattrs);
      }
    );
in
{
  inherit
    fix
    fix'
    extends
    composeExtensions
    makeExtensibleWithCustomName
    ;

  converge =
    f: x:
    let
      next = f x;
    in
    if next == x then x else lib.fixedPoints.converge f next;
  composeManyExtensions = lib.foldr composeExtensions (_: _: { });
  makeExtensible = makeExtensibleWithCustomName "extend";
  # An overlay may be written as a set, as a function of the previous set, or in full.
  toExtension =
    f:
    if lib.isFunction f then
      final: prev:
      let
        once = f prev;
      in
      if lib.isFunction once then f final prev else once
    else
      _: _: f;
}
