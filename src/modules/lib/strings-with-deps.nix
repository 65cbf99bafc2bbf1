# Pieces of text that need others before them: activation scripts.
{ lib }:
let
  # Depth first, each name once, what a piece needs before it.
  closure =
    predefined: names:
    let
      visit =
        state: entry:
        if builtins.isAttrs entry then
          let
            below = builtins.foldl' visit state entry.deps;
          in
          below // { texts = below.texts ++ [ entry.text ]; }
        else if state.seen ? ${entry} then
          state
        else
          visit (state // { seen = state.seen // { ${entry} = true; }; }) predefined.${entry};
    in
    (builtins.foldl' visit {
      seen = { };
      texts = [ ];
    } names).texts;
in
{
  textClosureList = closure;
  textClosureMap = f: predefined: names: lib.concatStringsSep "\n" (map f (closure predefined names));

  noDepEntry = text: {
    inherit text;
    deps = [ ];
  };
  fullDepEntry = text: deps: { inherit text deps; };
  packEntry = deps: {
    inherit deps;
    text = "";
  };
  stringAfter = deps: text: { inherit text deps; };
}
