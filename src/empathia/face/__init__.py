"""The geometry of a face: its points by name, out of the way of the camera, and where it looks.

Pure NumPy; who finds the points in a picture is ``encoders/face``.
"""
