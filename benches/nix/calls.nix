# Function calls: plain, curried, and with a set of arguments.
{ n }:
let
  fib = n: if n < 2 then n else fib (n - 1) + fib (n - 2);
  tak = x: y: z: if y < x then tak (tak (x - 1) y z) (tak (y - 1) z x) (tak (z - 1) x y) else z;
  ack = { m, n, step ? 1 }: if m == 0 then n + step else if n == 0 then ack { m = m - 1; n = 1; } else ack { m = m - 1; n = ack { inherit m; n = n - step; }; };
in
[
  (fib n)
  (tak 18 12 6)
  (ack { m = 2; n = 120; })
]
