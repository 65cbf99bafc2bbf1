''  one''
