"""What both programs share: jobs, sketches, messages, names in layers, paths, errors. Standard library, Python 3.8."""
