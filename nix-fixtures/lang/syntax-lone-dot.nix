a . . b
