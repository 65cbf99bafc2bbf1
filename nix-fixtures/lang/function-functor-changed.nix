let f = { __functor = self: x: x + self.n; n = 1; }; in (f // { n = 5; }) 1
