let
  class = methods: init: let self = init // builtins.mapAttrs (_: m: m self) methods // { new = d: class methods (init // d); }; in self;
  counter = class { next = self: self.new { n = self.n + self.step; }; show = self: "n=${toString self.n}"; } { n = 0; step = 2; };
in [ counter.show counter.next.show counter.next.next.show (counter.new { step = 5; }).next.show ]
