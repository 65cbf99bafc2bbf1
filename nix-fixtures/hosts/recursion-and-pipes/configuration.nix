# `lib.pipe`, folds, `fix`, own recursion, `zipListsWith`, `cartesianProduct`, `groupBy`, sorting and `partition` over a table.
{ lib, ... }:
let
  inherit (lib) pipe foldl' foldr zipListsWith groupBy sort partition imap0 fix last init drop take reverseList flatten;
  hosts = pipe [ 3 1 2 ] [ (sort (a: b: a < b)) (imap0 (i: n: { name = "h${toString n}"; slot = i; })) (map (h: lib.nameValuePair h.name h)) builtins.listToAttrs ];
  count = n: if n == 0 then [ ] else count (n - 1) ++ [ n ];
  tree = fix (self: { root = "/srv"; data = "${self.root}/data"; logs = "${self.data}/../logs"; });
  grid = lib.cartesianProduct { zone = [ "a" "b" ]; n = [ 1 2 ]; };
  parity = partition (n: lib.mod n 2 == 0) (count 6);
  groups = groupBy (g: g.zone) grid;
in
{
  networking.hostName = "pipes";
  containers = lib.mapAttrs (n: h: {
    autoStart = h.slot == 0;
    extraFlags = zipListsWith (a: b: "--setenv=${a}=${toString b}") [ "A" "B" "C" ] (take 2 (reverseList (count 4)));
    bindMounts = { ${tree.data}.hostPath = tree.logs; "/last" = { hostPath = "/" + last (lib.splitString "/" tree.data); }; };
    tmpfs = map (p: "/tmp/${toString p}") parity.right;
    config = { };
  }) hosts // lib.mapAttrs' (zone: items: lib.nameValuePair "zone-${zone}" { macvlans = map (i: "mv${zone}${toString i.n}") items; config = { }; }) groups;
  networking.nat.internalIPs = foldr (n: acc: [ "10.${toString n}.0.0/16" ] ++ acc) [ ] parity.wrong;
  networking.firewall.allowedTCPPorts = lib.unique (flatten [ 22 [ 80 [ 443 ] ] 22 ]);
  networking.firewall.allowedTCPPortRanges = [ (foldl' (r: n: { from = lib.min r.from n; to = lib.max r.to n; }) { from = 9000; to = 9000; } [ 8999 9010 ]) ];
  system.stateVersion = lib.concatStringsSep "." (lib.take 2 (lib.splitVersion "25.05.123"));
}
