"one
  two
three"
