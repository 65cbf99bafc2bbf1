name: "--setenv=HELLO=${name}"
