{ vary, ... }:
{
  args = {
    domain = vary "a.example" "b.example";
    vars = {
      network = { prefix = vary "10.1.1" "10.2.2"; bridge = vary "br1" "br2"; };
      paths.data = vary "/a" "/b";
      ports.wiki = vary 61001 61002;
      stateVersion = "25.05";
    };
  };
}
