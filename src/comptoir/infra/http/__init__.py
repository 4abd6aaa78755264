"""The HTTP edge: endpoints, who may call them, problems on the wire, outgoing calls."""
