{ vary, ... }:
{
  modules = [
    {
      my.network = { gateway = vary "10.40.0.1" "10.41.0.1"; wan = vary "a" "b"; };
      my.services.gitea = { dataDir = vary "/a" "/b"; port = vary 61001 61002; };
    }
  ];
}
