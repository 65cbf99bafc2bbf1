builtins.split " +" " a  b "
