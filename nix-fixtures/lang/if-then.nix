[ (if true then 1 else 2) (if false then 1 else 2) (if 1 == 1 then "a" else throw "never") ]
