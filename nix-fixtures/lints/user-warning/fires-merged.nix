# Each warning has the place of the definition that it is of.
{ ... }: {
  imports = [ { warnings = [ "the first" ]; } { warnings = [ "the second" "the third" ]; } ];
  containers.web.config = { };
}
