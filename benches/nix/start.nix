# What a process costs that has nothing to do.
1 + 1
