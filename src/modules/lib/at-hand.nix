# Which modules are at hand. Nix has all of them, so this says nothing of its own.
#
# Where an evaluation goes on without a module (container-rebuild does, and puts functions of its own here), that module is
# left out, and the configuration that it would have been a part of may have options that are not known.
{
  # The key of what stands for modules that are not at hand.
  absent = "«not at hand»";
  # A list of modules, without those.
  present = modules: modules;
  # What a submodule's definition says is never one of them.
  definition = value: value;
  # A configuration without them.
  opened = config: config;
  # The library, which the evaluation may know only a part of.
  library = lib: lib;
}
