(builtins.partition (_: true) [ (throw "element") ]).wrong
