[ a:b http://x mailto:a@b.c x+y-z.w:1 ]
