# The same at its default.
{
  containers.web = { privateUsers = "no"; config = { }; };
}
