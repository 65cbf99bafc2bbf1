let fix = f: let x = f x; in x; in (fix (self: { a = self.bb; b = 1; })).a
