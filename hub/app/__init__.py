"""The sample application that the hub runs until you point it at your own."""
