# The same at its default.
{
  containers.web = { enableTun = false; config = { }; };
}
