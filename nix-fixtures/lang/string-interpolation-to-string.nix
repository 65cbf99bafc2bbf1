"${{ __toString = self: "I am ${self.name}"; name = "n"; outPath = "no"; }}"
