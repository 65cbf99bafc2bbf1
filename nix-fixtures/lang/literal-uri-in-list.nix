[ mailto:a@b x:x a+b-c.d:/ ]
