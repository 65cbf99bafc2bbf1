{ state }: { "/state" = { hostPath = state; isReadOnly = false; }; }
