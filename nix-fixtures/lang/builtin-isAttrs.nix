map builtins.isAttrs [ { } [ ] 1 null ]
