# A module that stands for one which is not here.
{ fixture.missing = true; }
