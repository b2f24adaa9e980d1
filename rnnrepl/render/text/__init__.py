"""Heat maps and generated text, on a terminal or as HTML or SVG."""
