"""Maps of a territory: features out of OpenStreetMap, drawn as tiles; ways on foot and by bike."""
