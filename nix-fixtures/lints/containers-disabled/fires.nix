# Declared, and switched off.
{
  boot.enableContainers = false;
  containers.web = { autoStart = true; config = { }; };
}
