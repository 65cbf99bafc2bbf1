{ __functor = self: { a ? self.d }: a; d = 5; } { }
