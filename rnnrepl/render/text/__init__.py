"""Text with colours: heat maps and generated text, on a terminal and as HTML or SVG."""
