# features: pipe-operators
let f = x: [ x ]; in [ (1 + 2 |> f) (false -> true |> f) (f <| 1 + 2) (true || false |> f) ]
