# Names in quotes, names that stand twice in a path, and a comment that allows what there is not.
{
  # container-rebuild: allow(forward-blocked)
  "containers".web = { autoStart = true; config = { }; };
  containers.autoStrat.autoStrat = true;
  containers.autoStrat.config = { };
}
