let counter = { n = 0; __functor = self: by: self // { n = self.n + by; }; }; in ((counter 2) 3).n
