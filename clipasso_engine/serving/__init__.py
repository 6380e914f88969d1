"""One job after the other in a process of its own, for the extension: worker, warm worker, log."""
