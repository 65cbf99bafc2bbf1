# features: pipe-operators
(x: x) <| 1 |> (x: x)
