"""What happens next and what may be shown: pure steps `(state, event) -> (state, effects)`, importing domain alone."""
