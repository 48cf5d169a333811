"""Workers carry out effects on their own threads and answer with events; none of them draws."""
