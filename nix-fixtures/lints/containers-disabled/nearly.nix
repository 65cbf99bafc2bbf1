# Switched off without any to run.
{
  boot.enableContainers = false;
}
