# features: pipe-operators
1 |> x: x + 1
