with throw "w"; a
