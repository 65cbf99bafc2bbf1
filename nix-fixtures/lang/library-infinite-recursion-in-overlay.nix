let fix = f: let x = f x; in x; in fix (self: { a = 1; } // (if self.b then { b = true; } else { b = false; }))
