{
  containers.b.autostart = true;
  containers.b.config = { };
}
