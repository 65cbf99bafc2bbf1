<fixtures/>
