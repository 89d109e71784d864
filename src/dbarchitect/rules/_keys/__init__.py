"""Which columns identify a row: natural keys, keys that the code takes for granted, references nothing can lack."""
