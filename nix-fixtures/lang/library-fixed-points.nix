let
  fix = f: let x = f x; in x;
  extends = overlay: f: final: let prev = f final; in prev // overlay final prev;
  composeExtensions = f: g: final: prev: let fApplied = f final prev; prev' = prev // fApplied; in fApplied // g final prev';
  composeMany = builtins.foldl' composeExtensions (final: prev: { });
  base = self: { a = 1; b = self.a + 1; c = "${toString self.b}!"; };
  o1 = self: super: { a = super.a * 10; };
  o2 = self: super: { b = super.b + 100; d = self.c + super.c; };
in [ (fix base) (fix (extends o1 base)) (fix (extends (composeMany [ o1 o2 o1 ]) base)) ]
