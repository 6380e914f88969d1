"""Files: SVG, preview, pictures of the stages."""
