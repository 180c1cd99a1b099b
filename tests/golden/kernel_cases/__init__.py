"""Small cases of the kernels, by what they are called on."""
