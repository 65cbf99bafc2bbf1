{ }.a or { b = 2; }.b
