let zz = aaa; aaa = [ 1 2 3 ];  in { inherit aaa zz; }
