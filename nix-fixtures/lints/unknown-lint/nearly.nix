# A comment that allows a lint, whether or not there is anything to allow.
{
  # container-rebuild: allow(forward-blocked, no-nat)
  containers.web = { config = { }; };
}
