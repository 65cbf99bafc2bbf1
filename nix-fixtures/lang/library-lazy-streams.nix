let
  from = n: { head = n; tail = from (n + 1); };
  take = n: s: if n == 0 then [ ] else [ s.head ] ++ take (n - 1) s.tail;
  filter = p: s: if p s.head then { inherit (s) head; tail = filter p s.tail; } else filter p s.tail;
  divides = a: b: b - a * (b / a) == 0;
  sieve = s: { inherit (s) head; tail = sieve (filter (x: !divides s.head x) s.tail); };
in take 12 (sieve (from 2))
