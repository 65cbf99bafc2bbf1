{
  containers.c.autoStart = true;
}
