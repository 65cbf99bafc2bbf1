let
  base = "172.20.0.";
in
{
  lan = { inherit base; gateway = base + "1"; };
  hosts = { "${base}20" = [ "cloud" ]; "${base}21" = [ "git" "code" ]; };
  mkMount = path: { ${path} = { hostPath = "/mnt" + path; isReadOnly = false; }; };
}
