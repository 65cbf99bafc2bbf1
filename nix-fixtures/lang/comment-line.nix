1 # one
# nothing
