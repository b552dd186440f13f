"""From the shapes of the files to the frozen values that core works with."""
