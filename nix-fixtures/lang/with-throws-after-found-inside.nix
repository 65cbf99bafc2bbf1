with throw "w"; with { a = 1; }; a
