let nodes = map (i: { id = i; next = builtins.elemAt nodes (if i == 3 then 0 else i + 1); }) [ 0 1 2 3 ]; in (builtins.head nodes).next.next.next.next.id
