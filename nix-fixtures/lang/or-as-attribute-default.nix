{ }.or or 2
