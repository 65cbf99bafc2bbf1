{
  inputs.self.submodules = true;
  outputs = { self }: { nixosModules.s.containers.s.config = { }; };
}
