# A comment that allows what there is not: it is misspelt, or nothing that could be allowed.
{
  # container-rebuild: allow(forward-bloked)
  containers.web = { config = { }; }; # container-rebuild: allow(syntax)
}
