"""Words: instructions read as proposals, and regimens said in two languages."""
